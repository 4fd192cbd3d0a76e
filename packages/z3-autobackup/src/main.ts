import { runCommand, type Arguments, type Io } from '@z3/cli'
import { spec, type Options } from './options/command-line.js'

/** What could not be done at all, as zfs-autobackup has it. */
const FATAL = 255

/** More failures than this are not told apart. */
const MOST = 254

/**
 * z3-autobackup: zfs-autobackup's job.
 *
 * @param argv without the program's name
 * @returns the exit status: the number of datasets that failed, and of commands
 *   after snapshots
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
