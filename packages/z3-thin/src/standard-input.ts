import { fstatSync } from 'node:fs'
import { Z3Error } from '@z3/core'

const STDIN = 0

/**
 * Standard input. Of a directory Node would make an input without anything in
 * it, and no error.
 *
 * @throws Z3Error `input-failed`
 */
export function standardInput(): AsyncIterable<Uint8Array> {
  if (fstatSync(STDIN).isDirectory()) {
    throw new Z3Error('input-failed', 'standard input is a directory', {
      hint: 'Give it a list of snapshots, as zfs list -Hp prints it.',
    })
  }
  return process.stdin
}
