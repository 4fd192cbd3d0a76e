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
