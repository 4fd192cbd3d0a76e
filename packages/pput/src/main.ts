import { runCommand, type Io } from '@z3/cli'
import { spec } from './command-line.js'
import type { EngineOptions } from './put.js'

/**
 * pput: upload a stream.
 *
 * @param argv without the program's name
 * @returns the exit status
 */
export function main(argv: readonly string[], io: Io, engine: EngineOptions = {}): Promise<number> {
  return runCommand(spec, argv, io, async (args, io, help) => {
    // help and usage errors load nothing of it
    const { put } = await import('./put.js')
    return put(args, help, io, engine)
  })
}
