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
    'S3_ADDRESSING',
    'S3_CA_FILE',
    'CONNECT_TIMEOUT',
    'ANSWER_TIMEOUT',
  ),
  ...verboseOption,
} as const

/** Options of the commands that move data. */
export const transfer = {
  ...transferOptions,
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print nothing but errors',
  },
  ...optionFlags('CONCURRENCY', 'MAX_RETRIES', 'RETRY_FOR', 'MAX_MEMORY'),
} as const
