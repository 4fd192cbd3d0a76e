import { createHash } from 'node:crypto'

/** Computes the ETag of an object from its bytes, in their order. */
export class EtagDigest {
  readonly #sizes: readonly number[] | undefined
  /** Of the parts' MD5s. */
  readonly #whole = createHash('md5')
  #part = createHash('md5')
  #parts = 1
  /** Bytes until the part ends. */
  #left: number

  /** @param sizes of the parts, bytes; none: the ETag is the MD5 of the whole */
  constructor(sizes: readonly number[] | undefined) {
    this.#sizes = sizes
    this.#left = this.#size()
  }

  update(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.byteLength) {
      if (this.#left === 0) {
        this.#whole.update(this.#part.digest())
        this.#part = createHash('md5')
        this.#parts++
        this.#left = this.#size()
      }
      const step = Math.min(this.#left, bytes.byteLength - at)
      this.#part.update(bytes.subarray(at, at + step))
      this.#left -= step
      at += step
    }
  }

  /** The ETag of all bytes, with quotes. */
  end(): string {
    const last = this.#part.digest()
    if (!this.#sizes) return `"${last.toString('hex')}"`
    return `"${this.#whole.update(last).digest('hex')}-${String(this.#parts)}"`
  }

  #size(): number {
    return this.#sizes?.[this.#parts - 1] ?? Infinity
  }
}
