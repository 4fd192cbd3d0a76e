import { optionFlags } from '@z3/cli'

/** Options that stand before or after the command. */
export const globals = {
  ...optionFlags(
    'FILESYSTEM',
    'SNAPSHOT_PREFIX',
    'S3_PREFIX',
    'BUCKET',
    'S3_ENDPOINT',
    'S3_REGION',
  ),
  verbose: {
    type: 'boolean',
    alias: 'v',
    describe: 'Tell on stderr what is done',
  },
} as const

/** Options of the commands that move data. */
export const transfer = {
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    describe: 'Print the commands that would run, and change nothing',
  },
  progress: {
    type: 'boolean',
    describe: 'Show progress even where stderr is no terminal',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    describe: 'Print nothing but results and errors',
  },
  ...optionFlags('CONCURRENCY', 'MAX_RETRIES', 'MAX_MEMORY'),
} as const
