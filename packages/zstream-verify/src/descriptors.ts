import { readSync, writeSync } from 'node:fs'
import { Z3Error } from '@z3/core'

/** Pause before retrying a descriptor that is not ready, milliseconds. */
const NOT_READY = 1

const clock = new Int32Array(new SharedArrayBuffer(4))

/** Wait for a descriptor that another program has made non-blocking. */
const pause = () => Atomics.wait(clock, 0, 0, NOT_READY)

/**
 * Read available data, waiting for it.
 *
 * @returns bytes; 0 at the end
 * @throws Z3Error `input-failed`
 */
export function readSome(fd: number, into: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, into)
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (code === 'EAGAIN') {
        pause()
        continue
      }
      // a socket whose writer ended before its data was read
      throw new Z3Error('input-failed', `cannot read the stream: ${message}`, {
        hint: 'Check the program that writes the stream.',
        cause,
      })
    }
  }
}

/**
 * Write all bytes.
 *
 * @throws Z3Error `output-failed`, `no-space`
 */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.byteLength) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (code !== 'EAGAIN') throw outputFailed(code, message, cause)
      pause()
    }
  }
}

function outputFailed(code: string | undefined, message: string, cause: unknown): Z3Error {
  if (code === 'EPIPE' || code === 'ECONNRESET') {
    return new Z3Error(
      'output-failed',
      'the program that reads the output ended before it had all of it',
      { hint: 'See the messages of that program.', cause },
    )
  }
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return new Z3Error(
    isFull ? 'no-space' : 'output-failed',
    isFull ? 'no space left for the output' : `cannot write the output: ${message}`,
    { hint: 'Check the destination of the output.', cause },
  )
}
