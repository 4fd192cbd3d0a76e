import { write } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Z3Error } from '@z3/core'

/** Pause before retrying a full descriptor, milliseconds. */
const FULL_PAUSE = 5

/**
 * Write a whole buffer to a descriptor. Continues short writes, and waits for a non-blocking
 * descriptor.
 *
 * @throws Z3Error `output-failed`
 */
export async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  if (fd === process.stdout.fd) {
    await writeToStdout(bytes)
    return
  }
  let done = 0
  while (done < bytes.byteLength) {
    try {
      done += await writeSome(fd, bytes, done)
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (code === 'EINTR') continue
      if (code === 'EAGAIN') {
        await sleep(FULL_PAUSE)
        continue
      }
      throw outputFailed(code, message, cause)
    }
  }
}

/**
 * Using `process.stdout` (as yargs and every thread do) makes a pipe non-blocking; then only the
 * stream itself can wait for the reader without polling.
 */
async function writeToStdout(bytes: Uint8Array): Promise<void> {
  const { stdout } = process
  // Ignore other listeners: that of a thread, whose output Node pipes here, rethrows the error if
  // it is the only one.
  if (!stdout.listeners('error').includes(toCallback)) {
    stdout.on('error', toCallback)
  }
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    stdout.write(bytes, resolve)
  })
  if (error) throw outputFailed(error.code, error.message, error)
}

/** The callback of the write gets the same error. */
function toCallback(): void {
  // ignored
}

function writeSome(fd: number, bytes: Uint8Array, from: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, from, bytes.byteLength - from, null, (error, written) => {
      if (error) reject(error)
      else resolve(written)
    })
  })
}

function outputFailed(code: string | undefined, message: string, cause: unknown): Z3Error {
  if (code === 'EPIPE') {
    return new Z3Error(
      'output-failed',
      'the program that reads the output ended before it had all of it',
      { hint: 'See its messages; what it received is incomplete.', cause },
    )
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Z3Error('no-space', 'no space left for the output', {
      hint: 'Free space, then retry.',
      cause,
    })
  }
  return new Z3Error('output-failed', `cannot write the output: ${message}`, {
    hint: 'Check the destination of the output.',
    cause,
  })
}
