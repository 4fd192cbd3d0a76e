import type { Io } from '@z3/cli'

export function main(_argv: readonly string[], _io: Io): Promise<number> {
  return Promise.resolve(2)
}
