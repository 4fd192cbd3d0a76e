import { write } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Z3Error } from '@z3/core'

/** Pause before a descriptor that is full is tried again, milliseconds. */
const FULL_PAUSE = 5

/**
 * Write all of a buffer to a descriptor. Short writes go on where they ended;
 * a descriptor that somebody made non-blocking is waited for.
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
 * Whoever has touched `process.stdout` (yargs does, and every thread) has made
 * a pipe there non-blocking: only the stream itself can then wait for the
 * reader without asking again and again.
 */
async function writeToStdout(bytes: Uint8Array): Promise<void> {
  const { stdout } = process
  // Other listeners do not count: that of a thread, whose output Node pipes
  // here, throws the error again when it is the only one.
  if (!stdout.listeners('error').includes(toCallback)) {
    stdout.on('error', toCallback)
  }
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    stdout.write(bytes, resolve)
  })
  if (error) throw outputFailed(error.code, error.message, error)
}

/** What went wrong comes to the callback of the write, too. */
function toCallback(): void {
  // nothing more to do
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
      hint: 'Free space, then run again.',
      cause,
    })
  }
  return new Z3Error('output-failed', `cannot write the output: ${message}`, {
    hint: 'Check where the output goes.',
    cause,
  })
}
