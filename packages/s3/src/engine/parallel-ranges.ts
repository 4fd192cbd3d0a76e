/** Ranges while they keep up with the output: one arrives while the other is requested. */
const FEW = 2

/**
 * Waiting so long for a range shows that more of them are needed, milliseconds. The first one also
 * waits for a thread and a connection; of the others, a single one may be late by chance.
 */
const LATE = 40
const LATE_FIRST = 300
const LATE_IN_ROW = 2

/**
 * How many ranges a download reads in parallel: few while the output never waits long for one, then
 * as many as allowed. A near or fast store needs the memory of two ranges only; a long line is
 * filled after the first delay.
 */
export class ParallelRanges {
  readonly #most: number
  #limit: number
  #isFirst = true
  /** In a row. */
  #late = 0

  /** @param most maximum number, at least 1 */
  constructor(most: number) {
    this.#most = most
    this.#limit = Math.min(FEW, most)
  }

  /** Ranges to read while another one is written. */
  get limit(): number {
    return this.#limit
  }

  /**
   * Wait for the range that is written next.
   *
   * @param onMore called if the limit has grown meanwhile
   */
  async arrival<T>(range: Promise<T>, onMore: () => void): Promise<T> {
    const before = this.#late
    const late = () => {
      this.#late += 1
      if (this.#limit === this.#most || (!this.#isFirst && this.#late < LATE_IN_ROW)) return
      this.#limit = this.#most
      onMore()
    }
    const timer = setTimeout(late, this.#isFirst ? LATE_FIRST : LATE)
    try {
      return await range
    } finally {
      clearTimeout(timer)
      this.#isFirst = false
      if (this.#late === before) this.#late = 0
    }
  }
}
