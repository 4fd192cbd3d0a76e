import { setTimeout as sleep } from 'node:timers/promises'

/** A clock for waiting; tests have their own. */
export interface Clock {
  /** Milliseconds since an arbitrary start; monotonic. */
  now(): number
  /** @throws AbortError if the signal aborts first */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, { ...(signal ? { signal } : {}) })
  },
}

/** A signal that aborts some time after another one has. */
interface Grace {
  readonly signal: AbortSignal
  /** Stop listening. */
  end(): void
}

/**
 * Extra time for operations that must not be cut off at once: a Complete that may be in progress,
 * an abort that cleans up.
 *
 * @param milliseconds between the two signals
 */
export function grace(signal: AbortSignal | undefined, milliseconds: number, clock: Clock): Grace {
  const over = new AbortController()
  const ended = new AbortController()
  const start = () => {
    void clock.sleep(milliseconds, ended.signal).then(
      () => {
        over.abort(signal?.reason)
      },
      () => undefined, // ended in time
    )
  }
  if (signal?.aborted) start()
  else signal?.addEventListener('abort', start, { signal: ended.signal })
  return {
    signal: over.signal,
    end: () => {
      ended.abort()
    },
  }
}
