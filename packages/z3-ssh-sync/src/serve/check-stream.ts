import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readSync, writeSync } from 'node:fs'
import type { Io } from '@z3/cli'
import { Z3Error } from '@z3/core'
import { REFUSED } from './not-allowed.js'
import { HEADER_BYTES, isSingle } from './stream-header.js'

/** Pause before a look at a descriptor that does not wait by itself, ms. */
const PAUSE = 10

/**
 * A stage before `zfs receive`: let a stream through if it is of one snapshot.
 * Only its first record is read here; the rest is `cat`'s.
 *
 * @returns the exit status
 */
export async function checkStream({ stderr, signal }: Io): Promise<number> {
  const header = readHeader()
  // zfs says itself that nothing, or too little, has come
  if (header.length === HEADER_BYTES && !isSingle(header)) {
    stderr.write(
      'z3-ssh-sync serve: not allowed: a stream that brings several snapshots or properties (zfs send -R, -I, -p), as root; send one snapshot at a time, as z3-ssh-sync --step does\n',
    )
    return REFUSED
  }
  for (let at = 0; at < header.length;) at += writeSync(1, header, at)
  const child = spawn('cat', [], { stdio: 'inherit', signal })
  try {
    await once(child, 'close')
  } catch (cause) {
    signal.throwIfAborted()
    throw new Z3Error('program-missing', "there is no 'cat' command here", {
      cause,
    })
  }
  return child.exitCode ?? 1
}

/** @returns less than a record where the input ends before */
function readHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  let length = 0
  while (length < HEADER_BYTES) {
    const count = readSome(header, length)
    if (count === 0) break
    length += count
  }
  return header.subarray(0, length)
}

function readSome(header: Buffer, at: number): number {
  for (;;) {
    try {
      return readSync(0, header, at, HEADER_BYTES - at, null)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      if (error.code === 'EOF') return 0
      if (error.code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
    }
  }
}
