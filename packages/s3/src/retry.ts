import pRetry, { AbortError } from 'p-retry'
import { isRetryable, isUnreachable } from './s3-error.js'

/** Told of every attempt that failed and will be made again. */
export type OnRetry = (event: {
  readonly doing: string
  readonly attempt: number
  readonly attempts: number
  readonly error: unknown
}) => void

/** How often and how patiently requests are made again. */
export interface RetryPolicy {
  /** Attempts at most, the first included (z3's MAX_RETRIES). */
  readonly attempts: number
  readonly onRetry?: OnRetry | undefined
  /** First pause, milliseconds; it doubles, with jitter, to 30 s at most. */
  readonly firstDelay?: number | undefined
}

/**
 * Attempts while the server has never answered: a wrong endpoint must be
 * reported within half a minute, while a server that was there and went away
 * deserves all the patience that was configured.
 */
const FIRST_CONTACT_ATTEMPTS = 3

/**
 * Makes requests again where that can help. The SDK's own retries are off: its
 * token bucket, once drained, fails every request at once.
 */
export class Retrier {
  readonly #policy: RetryPolicy
  #answered = false

  constructor(policy: RetryPolicy) {
    this.#policy = policy
  }

  /**
   * @param doing for messages: `upload part 3`
   * @param attempt called for each attempt
   * @throws what the last attempt threw
   */
  async run<T>(
    doing: string,
    attempt: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { attempts, onRetry, firstDelay = 500 } = this.#policy
    return pRetry(
      async () => {
        try {
          const result = await attempt()
          this.#answered = true
          return result
        } catch (error) {
          if (!isUnreachable(error)) this.#answered = true
          if (signal?.aborted) throw new AbortError(signal.reason as Error)
          throw error
        }
      },
      {
        retries: attempts - 1,
        minTimeout: firstDelay,
        maxTimeout: 30_000,
        factor: 2,
        randomize: true,
        ...(signal ? { signal } : {}),
        shouldRetry: ({ error, attemptNumber: attempt }) => {
          const again =
            isRetryable(error) &&
            (this.#answered || attempt < FIRST_CONTACT_ATTEMPTS)
          if (again) onRetry?.({ doing, attempt, attempts, error })
          return again
        },
      },
    )
  }
}
