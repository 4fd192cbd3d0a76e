import { limitOptions, optionFlags, storeOptions, transferOptions, verboseOption } from '@z3/cli'

/** Options that stand before or after the command. */
export const globals = {
  ...optionFlags('FILESYSTEM', 'SNAPSHOT_PREFIX', 'S3_PREFIX'),
  ...storeOptions,
  ...verboseOption,
} as const

/** Options of the commands that move data. */
export const transfer = {
  ...transferOptions,
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print only errors',
  },
  ...limitOptions,
} as const
