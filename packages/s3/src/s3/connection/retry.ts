import pRetry, { AbortError } from 'p-retry'
import { isRetryable, isSilence, isUnreachable } from './s3-error.js'

/** Told of every attempt that failed and will be made again. */
export type OnRetry = (event: {
  readonly doing: string
  readonly attempt: number
  /** At most; undefined: as many as there is time for. */
  readonly attempts: number | undefined
  readonly error: unknown
}) => void

/** How often and how patiently requests are repeated. */
export interface RetryPolicy {
  /** Attempts at most, the first included (z3's MAX_RETRIES); none: no bound. */
  readonly attempts?: number | undefined
  /**
   * Requests are repeated for so long while none succeeds, milliseconds
   * (RETRY_FOR).
   */
  readonly retryFor?: number | undefined
  readonly onRetry?: OnRetry | undefined
  /** First pause, milliseconds; it doubles, with jitter, to 30 s at most. */
  readonly firstDelay?: number | undefined
  /** Milliseconds of a steady clock; for tests. */
  readonly now?: (() => number) | undefined
}

/** What one attempt is given. */
export interface Attempt {
  readonly signal: AbortSignal | undefined
  /** Tell that something was achieved, though the attempt may still fail. */
  readonly progressed: () => void
}

/** RETRY_FOR where nothing sets it. */
export const DEFAULT_RETRY_FOR = 15 * 60_000

/**
 * Attempts while nothing was ever reached: a wrong endpoint must be reported
 * within half a minute, while a server that was there and went away deserves
 * all the patience that was configured.
 */
const FIRST_CONTACT_ATTEMPTS = 3

/**
 * Repeats requests where that can help. The SDK's own retries are off: its
 * token bucket, once drained, fails every request at once.
 *
 * Patience is time, since a count is used up within minutes when a server
 * reboots: a request is given up when it has failed for RETRY_FOR and no other
 * one has succeeded meanwhile. MAX_RETRIES bounds the attempts beside, where it
 * is set; an attempt that achieved something (part of a range) does not count.
 */
export class Retrier {
  readonly #policy: RetryPolicy
  readonly #now: () => number
  #reached = false
  #lastSuccess = -Infinity

  constructor(policy: RetryPolicy) {
    this.#policy = policy
    this.#now = policy.now ?? (() => performance.now())
  }

  /**
   * @param doing for messages: `upload part 3`
   * @throws what the last attempt threw
   */
  async run<T>(
    doing: string,
    attempt: (attempt: Attempt) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { onRetry, firstDelay = 500, retryFor = DEFAULT_RETRY_FOR } = this.#policy
    const begun = this.#now()
    let failures = 0
    let progress = false
    const progressed = () => {
      progress = true
      this.#succeeded()
    }
    return pRetry(
      async () => {
        progress = false
        try {
          const result = await attempt({ signal, progressed })
          this.#succeeded()
          return result
        } catch (error) {
          if (!isUnreachable(error) || isSilence(error)) this.#reached = true
          if (signal?.aborted) throw new AbortError(signal.reason as Error)
          throw error
        }
      },
      {
        retries: Infinity,
        minTimeout: firstDelay,
        maxTimeout: 30_000,
        factor: 2,
        randomize: true,
        shouldConsumeRetry: () => !progress,
        ...(signal ? { signal } : {}),
        shouldRetry: ({ error }) => {
          failures = progress ? 1 : failures + 1
          const attempts = this.#attempts
          const since = this.#now() - Math.max(begun, this.#lastSuccess)
          const again = isRetryable(error) && failures < (attempts ?? Infinity) && since < retryFor
          if (again) onRetry?.({ doing, attempt: failures, attempts, error })
          return again
        },
      },
    )
  }

  #succeeded(): void {
    this.#reached = true
    this.#lastSuccess = this.#now()
  }

  get #attempts(): number | undefined {
    const { attempts } = this.#policy
    if (this.#reached) return attempts
    return Math.min(attempts ?? Infinity, FIRST_CONTACT_ATTEMPTS)
  }
}
