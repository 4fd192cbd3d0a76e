import { fstatSync, readSync } from 'node:fs'
import { Z3Error } from '@z3/core'

const STDIN = 0

/**
 * Standard input. Of a directory Node would make an input without anything in
 * it, and no error.
 *
 * @throws Z3Error `input-failed`
 */
export function standardInput(): AsyncIterable<Uint8Array> {
  const stats = fstatSync(STDIN)
  if (stats.isDirectory()) {
    throw new Z3Error('input-failed', 'standard input is a directory', {
      hint: 'Give it a list of snapshots, as zfs list -Hp prints it.',
    })
  }
  return checked(stats.isSocket())
}

async function* checked(isSocket: boolean): AsyncGenerator<Uint8Array> {
  yield* process.stdin as AsyncIterable<Uint8Array>
  // libuv takes a reset that comes with data for the end; the kernel has kept the error
  if (isSocket && readSync(STDIN, Buffer.alloc(1)) > 0) throw new Error('it has data after its end')
}
