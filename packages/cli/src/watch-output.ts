import { Z3Error } from '@z3/core'
import type { Output } from './io.js'

/** An output of which it is known in the end whether all of it was taken. */
export interface WatchedOutput extends Output {
  /**
   * Wait until what was written is taken.
   *
   * @returns why something was not; undefined, too, when the reader has left: `head` has all that
   *   it wants
   */
  settled(): Promise<Z3Error | undefined>
}

/**
 * Write to a stream, whatever becomes of it: a run that is at work does not end in the middle
 * because nobody takes its results.
 */
export function watchOutput(stream: NodeJS.WritableStream): WatchedOutput {
  let failure: NodeJS.ErrnoException | undefined
  let pending: Promise<unknown> = Promise.resolve()
  const note = (error: NodeJS.ErrnoException | null | undefined) => {
    if (error && error.code !== 'EPIPE') failure ??= error
  }
  stream.on('error', note)
  return {
    write: (data) => {
      const taken = new Promise<void>((resolve) => {
        try {
          stream.write(data, (error) => {
            note(error)
            resolve()
          })
        } catch (error) {
          // what is written to a file is written at once
          note(error as NodeJS.ErrnoException)
          resolve()
        }
      })
      pending = Promise.all([pending, taken])
    },
    settled: async () => {
      await pending
      return failure && outputFailed(failure)
    },
  }
}

/** A closed output: an error in the end, if anything was written to it. */
export function lostOutput(): WatchedOutput {
  let failure: Z3Error | undefined
  return {
    write: (data) => {
      if (data.length > 0) failure ??= stdoutClosed()
    },
    settled: () => Promise.resolve(failure),
  }
}

/** Results that could not be written. */
export function outputFailed(cause: NodeJS.ErrnoException): Z3Error {
  const full = cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
  return full
    ? new Z3Error('no-space', 'no space left for the results', {
        hint: 'The run itself has ended; free space before the next run.',
        cause,
      })
    : new Z3Error('output-failed', `cannot write the results: ${cause.message}`, {
        hint: 'The run itself has ended; check where standard output goes.',
        cause,
      })
}

/** Set by the launchers, bin/NAME.js. */
const CLOSED = 'Z3_STDOUT_CLOSED'

/**
 * Was standard output closed (`>&-`) when the program was started? Node.js then opens /dev/null for
 * reading and writing, as others do on purpose (Python's DEVNULL, daemon(3)), so only the launcher
 * can tell. Programs that this one starts have outputs of their own: the variable is removed.
 */
export function takeClosedStdout(env: NodeJS.ProcessEnv): boolean {
  const closed = env[CLOSED] !== undefined
  Reflect.deleteProperty(env, CLOSED)
  return closed
}

/** What every write to a closed standard output means. */
export function stdoutClosed(): Z3Error {
  return new Z3Error('output-failed', 'standard output is closed', {
    hint: 'Redirect it to a file, to a pipe or to /dev/null.',
  })
}
