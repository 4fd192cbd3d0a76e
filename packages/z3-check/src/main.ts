import { runCommand, type Io } from '@z3/cli'
import { spec } from './command-line.js'

/**
 * z3-check: checksums of files, devices, directories and snapshots.
 *
 * @param argv without the program's name
 * @returns the exit status
 */
export function main(argv: readonly string[], io: Io): Promise<number> {
  return runCommand(spec, argv, io, async (args, io) => {
    // help and usage errors load nothing of it
    const { check } = await import('./check.js')
    return check(args, io)
  })
}
