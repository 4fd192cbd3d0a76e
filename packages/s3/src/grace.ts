import type { Clock } from './clock.js'

/** A signal that aborts some time after another one has. */
export interface Grace {
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
