import pRetry, { AbortError } from 'p-retry'
import { isRetryable, isUnreachable } from './s3-error.js'
import { timedOut } from './timed-out.js'

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
  /** How long an attempt may take before any answer, milliseconds. */
  readonly firstTimeout?: number | undefined
  /** First pause, milliseconds; it doubles, with jitter, to 30 s at most. */
  readonly firstDelay?: number | undefined
}

/**
 * Attempts while the server has never answered: a wrong endpoint must be
 * reported within half a minute, while a server that was there and went away
 * deserves all the patience that was configured.
 */
const FIRST_CONTACT_ATTEMPTS = 3

/** How long each of these attempts may take, milliseconds. */
const FIRST_CONTACT_TIMEOUT = 8_000

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
   * @param attempt called for each attempt, with the signal that ends it
   * @throws what the last attempt threw
   */
  async run<T>(
    doing: string,
    attempt: (signal?: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const {
      onRetry,
      firstDelay = 500,
      firstTimeout = FIRST_CONTACT_TIMEOUT,
    } = this.#policy
    return pRetry(
      async () => {
        try {
          const result = await (this.#answered
            ? attempt(signal)
            : withTimeout(attempt, firstTimeout, signal))
          this.#answered = true
          return result
        } catch (error) {
          if (!isUnreachable(error)) this.#answered = true
          if (signal?.aborted) throw new AbortError(signal.reason as Error)
          throw error
        }
      },
      {
        retries: this.#policy.attempts - 1,
        minTimeout: firstDelay,
        maxTimeout: 30_000,
        factor: 2,
        randomize: true,
        ...(signal ? { signal } : {}),
        shouldRetry: ({ error, attemptNumber }) => {
          const attempts = this.#attempts
          const again = isRetryable(error) && attemptNumber < attempts
          if (again) {
            onRetry?.({ doing, attempt: attemptNumber, attempts, error })
          }
          return again
        },
      },
    )
  }

  get #attempts(): number {
    const { attempts } = this.#policy
    return this.#answered
      ? attempts
      : Math.min(attempts, FIRST_CONTACT_ATTEMPTS)
  }
}

/** End an attempt that takes too long, as a socket would that gave up. */
async function withTimeout<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const timeout = new AbortController()
  const timer = setTimeout(() => {
    timeout.abort()
  }, milliseconds)
  try {
    return await attempt(
      signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal,
    )
  } catch (error) {
    if (!timeout.signal.aborted || signal?.aborted) throw error
    throw timedOut('no answer', milliseconds)
  } finally {
    clearTimeout(timer)
  }
}
