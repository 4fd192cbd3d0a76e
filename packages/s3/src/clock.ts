import { setTimeout as sleep } from 'node:timers/promises'

/** Time, as far as waiting is concerned; tests have one of their own. */
export interface Clock {
  /** Milliseconds since whenever; never goes back. */
  now(): number
  /** @throws AbortError when the signal aborts before the time is over */
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
 * Time to bring to an end what must not be cut at once: a Complete that may be
 * under way, an abort that cleans up.
 *
 * @param milliseconds between the two
 */
export function grace(signal: AbortSignal | undefined, milliseconds: number, clock: Clock): Grace {
  const over = new AbortController()
  const ended = new AbortController()
  const start = () => {
    void clock.sleep(milliseconds, ended.signal).then(
      () => {
        over.abort(signal?.reason)
      },
      () => undefined, // it ended in time
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
