import { runCommand, type Io } from '@z3/cli'
import { spec } from './options/command-line.js'

/** Exit status if nothing could be done, as in zfs-autobackup. */
const FATAL = 255

/** Maximum exit status for a number of failures. */
const MOST = 254

/**
 * z3-autobackup: replaces zfs-autobackup.
 *
 * @param argv without the program's name
 * @returns the exit status: number of failed datasets and post-snapshot commands
 */
export function main(argv: readonly string[], io: Io): Promise<number> {
  const onError = (_error: unknown, _words: readonly string[], _io: Io, report: () => number) => {
    report()
    return FATAL
  }
  return runCommand({ ...spec, onError }, argv, io, async (args, io, _help, words) => {
    // help and usage errors load nothing of it
    const { autobackup } = await import('./autobackup.js')
    return Math.min(MOST, await autobackup(args, words, io))
  })
}
