import { rateAt, type RateSchedule } from '@z3/core'

/** What the threads of a process share. */
export interface ThrottleState {
  readonly schedule: RateSchedule
  /** One number: when all that was reserved has passed, nanoseconds of hrtime. */
  readonly passed: BigInt64Array<SharedArrayBuffer>
}

const SECOND = 1_000_000_000n

/** Bytes that pass at once after a pause, as time: seconds of the rate. */
const BURST = SECOND / 10n

/** Sizes of slices, bytes. Ten slices a second are smooth, and small ones cost more CPU. */
const SMALLEST = 1024
const LARGEST = 256 * 1024

/**
 * A token bucket for all connections and threads of a process: the generic cell rate algorithm
 * (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). Its only state is a time in shared
 * memory, so that threads need no messages, and nobody can hold a lock.
 */
export class Throttle {
  readonly state: ThrottleState
  readonly #now: () => Date

  /** @param now for tests */
  constructor(state: ThrottleState, now = () => new Date()) {
    this.state = state
    this.#now = now
  }

  static open(schedule: RateSchedule): Throttle {
    const passed = new BigInt64Array(new SharedArrayBuffer(8))
    return new Throttle({ schedule, passed })
  }

  /** Bytes to transfer at once. */
  get slice(): number {
    const rate = rateAt(this.state.schedule, this.#now())
    if (rate === undefined) return LARGEST
    return Math.min(LARGEST, Math.max(SMALLEST, Math.floor(rate / 10)))
  }

  /**
   * Reserve the time of some bytes.
   *
   * @param clock nanoseconds, for tests
   * @returns milliseconds to wait before they are transferred
   */
  reserve(bytes: number, clock = process.hrtime.bigint()): number {
    const rate = rateAt(this.state.schedule, this.#now())
    if (rate === undefined) return 0
    const { passed } = this.state
    const cost = (BigInt(bytes) * SECOND) / BigInt(rate)
    for (;;) {
      const before = Atomics.load(passed, 0)
      const start = before > clock - BURST ? before : clock - BURST
      if (Atomics.compareExchange(passed, 0, before, start + cost) !== before) continue
      return start > clock ? Number((start - clock) / 1_000_000n) : 0
    }
  }
}
