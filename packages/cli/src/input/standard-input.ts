import { fstatSync, readSync } from 'node:fs'
import { Z3Error } from '@z3/core'

const STDIN = 0

/**
 * Standard input. Node treats a directory as an empty input, without an error.
 *
 * @param hint what to use as input
 * @throws Z3Error `input-failed`
 */
export function standardInput(hint: string): AsyncIterable<Uint8Array> {
  const stats = fstatSync(STDIN)
  if (stats.isDirectory()) {
    throw new Z3Error('input-failed', 'standard input is a directory', { hint })
  }
  return checked(stats.isSocket())
}

async function* checked(isSocket: boolean): AsyncGenerator<Uint8Array> {
  yield* process.stdin as AsyncIterable<Uint8Array>
  // libuv reports a reset that arrives together with data as end of file; the kernel still has the
  // error
  if (isSocket && readSync(STDIN, Buffer.alloc(1)) > 0) throw new Error('data after end of file')
}
