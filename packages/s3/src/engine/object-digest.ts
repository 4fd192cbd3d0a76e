import { crc32Combine } from '../crc32-combine.js'
import { DigestThread } from './digest-thread.js'

/** What was computed over an object as it was uploaded. */
export interface ObjectDigests {
  /** Of all bytes, hexadecimal. */
  readonly sha256: string
  /** Of all bytes, unsigned. */
  readonly crc32: number
  readonly parts: readonly { readonly bytes: number; readonly crc32: number }[]
}

/**
 * Computes the hashes of an object from its parts, in a thread: one hash of the
 * whole object cannot be made of those of its parts, which are sent in parallel.
 */
export class ObjectDigest {
  readonly #thread = new DigestThread({ kind: 'sha256' })
  readonly #parts: { bytes: number; crc32: number }[] = []

  /** @param body the next part, in shared memory; it must not change before it resolves */
  async update(body: Uint8Array): Promise<void> {
    // answers come in the order of the questions
    const crc32 = Number(await this.#thread.update(body))
    this.#parts.push({ bytes: body.byteLength, crc32 })
  }

  async end(): Promise<ObjectDigests> {
    const sha256 = await this.#thread.end()
    const parts = this.#parts
    const crc32 = parts.reduce((crc, part) => crc32Combine(crc, part.crc32, part.bytes), 0)
    return { sha256, crc32, parts }
  }

  close(): void {
    this.#thread.close()
  }
}
