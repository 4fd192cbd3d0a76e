import { optionFlags, transferOptions, verboseOption } from '@z3/cli'

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
  ...verboseOption,
} as const

/** Options of the commands that move data. */
export const transfer = {
  ...transferOptions,
  quiet: {
    type: 'boolean',
    alias: 'q',
    describe: 'Print nothing but results and errors',
  },
  ...optionFlags('CONCURRENCY', 'MAX_RETRIES', 'MAX_MEMORY'),
} as const
