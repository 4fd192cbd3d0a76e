import { readFile } from 'node:fs/promises'

/** The rate is that of the last seconds, milliseconds. */
const WINDOW = 15_000

/** Bytes so far; undefined: unknown at this moment. */
export type Counter = () => number | undefined | Promise<number | undefined>

/** What is to be measured. */
interface Measured {
  /** The snapshot, and which of how many it is. */
  readonly name: string
  /** Undefined: nothing can be measured. */
  readonly counter: Counter | undefined
  /** Bytes of the stream, if known. */
  readonly size: number | undefined
  /** The size is no estimate. */
  readonly isExact?: boolean | undefined
  /** Text at the end of the line. */
  readonly note?: (() => string) | undefined
  /** Share of all steps that is done when so many bytes of this one are; undefined: not known. */
  readonly shareAt: (done: number) => number | undefined
}

/** The progress of one transfer. */
export interface Reading {
  readonly name: string
  /** Bytes; undefined if unknown. */
  readonly done: number | undefined
  /** Bytes of the whole. */
  readonly size: number | undefined
  /** The size is no estimate. */
  readonly isExact?: boolean | undefined
  /** Bytes per second. */
  readonly rate: number | undefined
  /** Since its start. */
  readonly seconds: number
  /** Of all steps, from 0 to 1. */
  readonly share: number | undefined
  readonly note?: string | undefined
}

/** Measures one transfer. */
export class Meter {
  readonly #measured: Measured
  readonly #started: number
  #samples: { readonly at: number; readonly bytes: number }[]

  /** @param now milliseconds */
  constructor(measured: Measured, now = Date.now()) {
    this.#measured = measured
    this.#started = now
    this.#samples = [{ at: now, bytes: 0 }]
  }

  /** Read the counter. */
  async measure(): Promise<void> {
    const bytes = await this.#measured.counter?.()
    if (bytes !== undefined) this.note(bytes, Date.now())
  }

  note(bytes: number, at: number): void {
    const recent = this.#samples.filter((sample) => sample.at >= at - WINDOW)
    // one from before the window, so that a rare sample has a rate, too
    const before = this.#samples[this.#samples.length - recent.length - 1]
    this.#samples = [...(before ? [before] : []), ...recent, { at, bytes }]
  }

  read(now = Date.now()): Reading {
    const { name, size, isExact, shareAt, note } = this.#measured
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    const isKnown = first !== undefined && last !== undefined && first !== last
    const done = isKnown ? last.bytes : undefined
    return {
      ...{ name, done, size, isExact },
      rate: isKnown
        ? (last.bytes - first.bytes) / Math.max(1, (last.at - first.at) / 1000)
        : undefined,
      seconds: (now - this.#started) / 1000,
      share: done === undefined ? undefined : shareAt(done),
      note: note?.(),
    }
  }
}

/**
 * Bytes that a process has read so far, files included: `rchar` of proc(5).
 *
 * @returns undefined if unknown: on FreeBSD, or if the process has ended or belongs to another user
 */
export async function bytesRead(pid: number): Promise<number | undefined> {
  try {
    const counters = await readFile(`/proc/${String(pid)}/io`, 'utf8')
    const rchar = /^rchar: (?<bytes>\d+)$/m.exec(counters)?.groups?.['bytes']
    return rchar === undefined ? undefined : Number(rchar)
  } catch {
    return undefined
  }
}
