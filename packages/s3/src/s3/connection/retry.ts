import pRetry, { AbortError } from 'p-retry'
import { isRetryable, isSilence, isUnreachable } from './s3-error.js'

/** Called for every failed attempt that will be repeated. */
export type OnRetry = (event: {
  readonly doing: string
  readonly attempt: number
  /** Maximum; undefined: limited by time only. */
  readonly attempts: number | undefined
  readonly error: unknown
}) => void

/** How often and how long to repeat requests. */
export interface RetryPolicy {
  /** Maximum number of attempts (z3's MAX_RETRIES); undefined: unlimited. */
  readonly attempts?: number | undefined
  /** How long to repeat requests while none succeeds, milliseconds (RETRY_FOR). */
  readonly retryFor?: number | undefined
  readonly onRetry?: OnRetry | undefined
  /** First pause, milliseconds; doubles with jitter up to 30 s. */
  readonly firstDelay?: number | undefined
  /** Monotonic clock, milliseconds; for tests. */
  readonly now?: (() => number) | undefined
}

/** Argument of an attempt. */
export interface Attempt {
  readonly signal: AbortSignal | undefined
  /** Report progress, even if the attempt may still fail. */
  readonly progressed: () => void
}

/** Default of RETRY_FOR, milliseconds. */
export const DEFAULT_RETRY_FOR = 15 * 60_000

/**
 * Attempts before the first contact with the server: a wrong endpoint must be reported within half
 * a minute, while a server that disappears gets the whole RETRY_FOR.
 */
const FIRST_CONTACT_ATTEMPTS = 3

/**
 * Repeats requests. The SDK's own retries are off: once its token bucket is empty, every request
 * fails at once.
 *
 * The limit is a time, since a count is exhausted within minutes when a server reboots: a request
 * fails for good after RETRY_FOR without any success of any request. MAX_RETRIES additionally
 * limits the attempts; an attempt with progress (part of a range) does not count.
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
   * @throws the error of the last attempt
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
