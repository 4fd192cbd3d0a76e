/** Maximum number of lines. */
const LINES = 20

/** Maximum total bytes. */
const BYTES = 8 * 1024

/** Maximum length of a line, bytes; longer ones are split. */
const LONGEST = 2 * 1024

/**
 * The last lines of a text of any length that arrives in chunks. A carriage return ends a line too,
 * as in progress output. Invalid UTF-8 becomes U+FFFD.
 */
export class LineTail {
  readonly #onLine: (line: string) => void
  #lines: string[] = []
  /** The start of a line, one byte per character. */
  #rest = ''

  /** @param onLine called with every non-empty line */
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

  /** End the text, with or without a final line end. */
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

/** Keeps the last bytes of a stream of any length. */
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
