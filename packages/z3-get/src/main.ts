import { runCommand, type Io } from '@z3/cli'
import { spec } from './command-line.js'
import type { Tuning } from './get.js'

const STDOUT = 1

/**
 * z3-get: write an object to a descriptor.
 *
 * @param argv without the program's name
 * @param output the descriptor to write to
 * @param tuning connection options besides the settings
 * @returns the exit status
 */
export function main(
  argv: readonly string[],
  io: Io,
  output = STDOUT,
  tuning: Tuning = {},
): Promise<number> {
  return runCommand(spec, argv, io, async (args, io) => {
    // help and usage errors load nothing of it
    const { get } = await import('./get.js')
    return get(args, io, output, tuning)
  })
}
