import {
  jsonOption,
  limitOptions,
  optionFlags,
  storeOptions,
  transferOptions,
  verboseOption,
} from '@z3/cli'

/** Options of the commands on a whole S3_PREFIX. */
export const prefixOptions = {
  ...optionFlags('S3_PREFIX'),
  ...storeOptions,
  ...verboseOption,
} as const

/** Options before or after the command. */
export const globals = {
  ...optionFlags('FILESYSTEM', 'SNAPSHOT_PREFIX'),
  ...prefixOptions,
} as const

/** Options of the commands that print a table. */
export const tableOptions = {
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print only the table and errors',
  },
  ...jsonOption,
} as const

/** Options of commands that transfer data. */
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
