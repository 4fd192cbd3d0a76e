export { createAtomicFile } from './atomic-file.js'
export { stdoutClosed } from './watch-output.js'
export { runCommand } from './command.js'
export {
  COMMON,
  repeatable,
  usageError,
  type Arguments,
  type CommandSpec,
} from './arguments/command-spec.js'
export * from './flags/flag-values.js'
export * from './input/read-lines.js'
export * from './input/standard-input.js'
export * from './terminal/display.js'
export * from './terminal/progress-output.js'
export * from './io.js'
export * from './lock.js'
export { findLockDirectory, lockPlaces } from './lock-directory.js'
export { checkMetricsFile } from './monitor/metrics-file.js'
export { makeDirectories } from './state/make-directories.js'
export { xdgFile } from './state/xdg-file.js'
export { writeLog } from './log/write-log.js'
export * from './signals.js'
export * from './prepare.js'
export * from './report-error.js'
export * from './run.js'
export * from './run-filter.js'
export * from './flags/shared-flags.js'
export * from './flags/ssh-flags.js'
export * from './subcommands.js'
export * from './flags/tag-flags.js'
export {
  flagValues,
  optionFlags,
  limitOptions,
  monitorOptions,
  storeOptions,
  uploadOptions,
} from './flags/option-flags.js'
