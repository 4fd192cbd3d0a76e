import type { LogEntry, LogFormat, Output } from '../io.js'
import { entryLines } from '../log/write-log.js'

/** Bytes that are kept: healthchecks.io stores 10 kB of a body by default. */
const MOST = 10_000

/** A shorter secret would hide words that are none. */
const SHORTEST = 6

/** Passes on what is written to standard error, and keeps the last lines. */
export class LogTail implements Output {
  readonly #output: Output
  readonly #name: string
  readonly #secrets: readonly string[]
  #kept = Buffer.alloc(0)

  /**
   * @param name of the program
   * @param secrets texts that the kept lines never contain
   */
  constructor(output: Output, name: string, secrets: readonly string[]) {
    this.#output = output
    this.#name = name
    // the longest first: one may be part of another
    this.#secrets = secrets
      .filter(({ length }) => length >= SHORTEST)
      .sort((a, b) => b.length - a.length)
  }

  write(data: string | Uint8Array): unknown {
    this.#keep(data)
    return this.#output.write(data)
  }

  get log(): ((entry: LogEntry) => void) | undefined {
    const { log } = this.#output
    if (!log) return undefined
    return (entry) => {
      this.#keep(`${entryLines(entry, this.#name).join('\n')}\n`)
      log(entry)
    }
  }

  setFormat(format: LogFormat): void {
    this.#output.setFormat?.(format)
  }

  #keep(data: string | Uint8Array): void {
    // twice as much: a secret must not be cut in two before it is removed
    const all = Buffer.concat([this.#kept, Buffer.from(data)])
    this.#kept = all.subarray(Math.max(0, all.byteLength - 2 * MOST))
  }

  /** The last lines, at most 10 kB. */
  get text(): string {
    let text = this.#kept.toString('utf8')
    for (const secret of this.#secrets) text = text.replaceAll(secret, '********')
    const bytes = Buffer.from(text)
    if (bytes.byteLength <= MOST) return text
    const tail = bytes.subarray(bytes.byteLength - MOST)
    // only whole lines, unless there is but one
    const end = tail.indexOf('\n')
    return tail.subarray(end < 0 || end === tail.byteLength - 1 ? 0 : end + 1).toString('utf8')
  }
}
