import { constants } from 'node:os'

/** Signals that ask a run to end. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Ending = (typeof ENDING)[number]

/** Why a run was ended from outside: the reason of `Io.signal`. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly signal: Ending

  constructor(signal: Ending) {
    super(`ended by ${signal}`)
    this.signal = signal
  }

  /** 128 and the signal's number, as shells report it. */
  get exitStatus(): number {
    return 128 + constants.signals[this.signal]
  }
}

/**
 * End by the signal itself, as if nobody had caught it: a shell reports 128 and its number, and a
 * script that runs us ends, too, on Ctrl-C. `process.exit` would wait for a write to a pipe that
 * nobody reads.
 */
export function endBySignal(signal: Ending): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

/**
 * The first signal asks the run to clean up and end; a second one ends it at once, whatever it
 * leaves behind.
 *
 * @param say called with a line for the user
 */
export function watchSignals(say: (line: string) => void): AbortSignal {
  const controller = new AbortController()
  for (const signal of ENDING) {
    process.on(signal, () => {
      if (controller.signal.aborted) endBySignal(signal)
      const reason = new Interrupted(signal)
      say(`${signal}: cleaning up; repeat the signal to exit immediately`)
      controller.abort(reason)
    })
  }
  return controller.signal
}

/**
 * Wait for a promise, but no longer than until a signal aborts.
 *
 * @throws the signal's reason
 */
export async function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let onAbort = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/**
 * The items of a listing, until a signal aborts: a server that does not answer keeps nobody
 * waiting.
 *
 * @throws the signal's reason
 */
export async function* untilAborted<T>(
  signal: AbortSignal,
  items: AsyncIterable<T>,
): AsyncGenerator<T, void> {
  const iterator = items[Symbol.asyncIterator]()
  let onAbort = (): void => undefined
  // one listener for all items: `orAborted` for each takes 30 s of CPU for a million
  const listener = () => {
    onAbort()
  }
  signal.addEventListener('abort', listener)
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await new Promise<IteratorResult<T, unknown>>((resolve, reject) => {
        onAbort = () => {
          reject(signal.reason as Error)
        }
        iterator.next().then(resolve, reject)
      })
      if (next.done === true) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', listener)
  }
}
