import { availableParallelism } from 'node:os'
import { reasonOf } from '../../upload-errors.js'
import type { SenderSettings } from './sender-message.js'
import { SenderThread } from './sender-thread.js'
import type { Sender } from './sender.js'

/** A thread with fewer unfinished jobs also hashes; otherwise, the thread that reads does. */
const FEW_JOBS = 2

/**
 * Threads that send parts beside the one that reads. They start with the second part: one part takes
 * less time than the start of a thread.
 */
export class Senders {
  readonly #local: Sender
  readonly #settings: SenderSettings
  readonly #wanted: number
  #starting: Promise<void> | undefined
  #threads: readonly SenderThread[] = []

  /**
   * @param local sends without threads, and until they run
   * @param wanted number of threads; undefined: one if there is a CPU for it
   */
  constructor(local: Sender, settings: SenderSettings, wanted: number | undefined) {
    this.#local = local
    this.#settings = settings
    this.#wanted = canShare() ? (wanted ?? (availableParallelism() > 1 ? 1 : 0)) : 0
  }

  /**
   * Start the threads unless they were started.
   *
   * @param onNote called if that fails: parts are then sent without
   */
  start(onNote: (line: string) => void): void {
    if (this.#wanted > 0) this.#starting ??= this.#startAll(onNote)
  }

  /**
   * Whether a thread waits for work, and can hash the next part, too. While the threads are busy or
   * the network is slow, hashing a part while it is read takes less time: it is in the CPU cache.
   */
  get canHash(): boolean {
    return this.#threads.some(({ load }) => load < FEW_JOBS)
  }

  /** The sender with the fewest jobs. */
  next(): Sender {
    const [first, ...others] = this.#threads
    if (!first) return this.#local
    return others.reduce((least, thread) => (thread.load < least.load ? thread : least), first)
  }

  close(): void {
    this.#local.close()
    void this.#starting?.then(() => {
      for (const thread of this.#threads) thread.close()
    })
  }

  async #startAll(onNote: (line: string) => void): Promise<void> {
    const started = await Promise.allSettled(
      Array.from({ length: this.#wanted }, () => SenderThread.start(this.#settings)),
    )
    this.#threads = started.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    )
    const failed = started.find((result) => result.status === 'rejected')
    if (failed) onNote(`cannot start a thread that sends parts: ${reasonOf(failed.reason)}`)
  }
}

/** Whether threads can share memory; it can be disabled in Node. */
function canShare(): boolean {
  return typeof SharedArrayBuffer === 'function'
}
