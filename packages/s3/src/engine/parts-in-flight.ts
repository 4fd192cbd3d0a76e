import type { LimitFunction } from 'p-limit'

/**
 * Sends fewer parts at once to a server that is overloaded: half as many after a request that it
 * refused or did not answer in time, one more after as many parts as are in flight (RFC 5681, 3.1:
 * additive increase, multiplicative decrease). Parts that are being repeated keep their place; they
 * wait longer each time.
 */
export class PartsInFlight {
  readonly #limit: LimitFunction
  readonly #most: number
  /** Parts that were sent since the limit was changed. */
  #sent = 0
  /** One overload has many victims: parts that were in flight when the limit was halved. */
  #victims = 0

  /** @param limit starts the parts; its concurrency is the maximum */
  constructor(limit: LimitFunction) {
    this.#limit = limit
    this.#most = limit.concurrency
  }

  /** A request failed since the server is overloaded; it will be repeated. */
  refused(): void {
    this.#sent = 0
    if (this.#victims > 0) return
    this.#victims = this.#limit.activeCount
    this.#limit.concurrency = Math.max(1, Math.floor(this.#limit.concurrency / 2))
  }

  /** A part was sent. */
  sent(): void {
    this.#sent += 1
    if (this.#victims > 0) this.#victims -= 1
    const { concurrency } = this.#limit
    if (this.#sent < concurrency || concurrency === this.#most) return
    this.#sent = 0
    this.#limit.concurrency = concurrency + 1
  }
}
