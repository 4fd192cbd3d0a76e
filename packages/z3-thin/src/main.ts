import type { Io } from '@z3/cli'

/** Not there yet. */
export function main(_argv: readonly string[], io: Io): Promise<number> {
  io.stderr.write('not there yet\n')
  return Promise.resolve(1)
}
