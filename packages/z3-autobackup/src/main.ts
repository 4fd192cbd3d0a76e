import { runCommand, type Arguments, type Io } from '@z3/cli'
import { spec, type Options } from './options/command-line.js'

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
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let failed: number | undefined
  const status = await runCommand(
    spec,
    argv,
    io,
    async (args: Arguments<Options>, _help, words) => {
      // help and usage errors load nothing of it
      const { autobackup } = await import('./autobackup.js')
      failed = Math.min(MOST, await autobackup(args, words, io))
      return failed
    },
  )
  return failed ?? (status === 0 ? 0 : FATAL)
}
