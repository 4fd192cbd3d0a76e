export {
  COMMON,
  repeatable,
  runCommand,
  usageError,
  type Arguments,
  type CommandSpec,
} from './command.js'
export * from './duration-flag.js'
export * from './io.js'
export * from './lock.js'
export * from './or-aborted.js'
export * from './prepare.js'
export * from './printable.js'
export * from './report-error.js'
export * from './run.js'
export * from './run-filter.js'
export * from './shared-options.js'
export * from './signals.js'
export * from './size-flag.js'
export * from './ssh-flags.js'
export * from './subcommands.js'
export * from './tag-flags.js'
export * from './version.js'
export { flagValues, optionFlags } from './option-flags.js'
