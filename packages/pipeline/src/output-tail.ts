/** Lines that are kept. */
const LINES = 20

/** And their bytes in all. */
const BYTES = 8 * 1024

/** A longer line is taken apart, bytes. */
const LONGEST = 2 * 1024

/**
 * The last lines of a text that comes in pieces, and may be endless. A carriage
 * return ends a line, too: progress is written so. What is no UTF-8 becomes
 * U+FFFD.
 */
export class LineTail {
  readonly #onLine: (line: string) => void
  #lines: string[] = []
  /** The beginning of a line, one byte a character. */
  #rest = ''

  /** @param onLine called with every line that is not empty */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  push(bytes: Buffer): void {
    const pieces = (this.#rest + bytes.toString('latin1')).split(/[\r\n]/)
    let rest = pieces.pop() ?? ''
    for (const piece of pieces) this.#add(piece)
    while (rest.length > LONGEST) {
      this.#add(rest.slice(0, LONGEST))
      rest = rest.slice(LONGEST)
    }
    this.#rest = rest
  }

  /** The text has ended, with or without a line end. */
  end(): void {
    this.#add(this.#rest)
    this.#rest = ''
  }

  #add(piece: string): void {
    for (let from = 0; from < piece.length; from += LONGEST) {
      const line = Buffer.from(piece.slice(from, from + LONGEST), 'latin1').toString()
      if (line.trim() === '') continue
      this.#lines.push(line)
      this.#trim()
      this.#onLine(line)
    }
  }

  #trim(): void {
    let bytes = 0
    const kept = this.#lines.slice(-LINES)
    let from = kept.length
    while (from > 0) {
      bytes += Buffer.byteLength(kept[from - 1] ?? '')
      if (bytes > BYTES) break
      from -= 1
    }
    this.#lines = kept.slice(from)
  }
}

/** Keeps the last bytes of a stream that may be endless. */
export class LastBytes {
  readonly #limit: number
  #chunks: Buffer[] = []
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.byteLength
    for (;;) {
      const first = this.#chunks[0]?.byteLength ?? 0
      if (this.#size - first < this.#limit) return
      this.#chunks.shift()
      this.#size -= first
    }
  }

  toString(): string {
    return Buffer.concat(this.#chunks).subarray(-this.#limit).toString()
  }
}
