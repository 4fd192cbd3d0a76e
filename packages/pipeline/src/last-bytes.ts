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
