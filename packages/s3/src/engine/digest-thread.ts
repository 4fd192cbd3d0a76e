import { Worker } from 'node:worker_threads'
import { crc32Combine } from '../crc32.js'

/** What a thread computes (digest-worker.ts). */
export type DigestKind =
  /** @param sizes of the parts, bytes; none: the ETag is the MD5 of the whole */
  | { readonly kind: 'etag'; readonly sizes: readonly number[] | undefined }
  /** The SHA-256 of all bytes; of each piece the CRC-32. */
  | { readonly kind: 'sha256' }

interface Waiting {
  readonly resolve: (reply: string) => void
  readonly reject: (error: Error) => void
}

/** A hash that is computed in a thread of its own. */
export class DigestThread {
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  #failure: Error | undefined

  constructor(kind: DigestKind) {
    this.#worker = new Worker(new URL('./digest-worker.js', import.meta.url), { workerData: kind })
    this.#worker.on('message', (reply: string) => this.#waiting.shift()?.resolve(reply))
    this.#worker.on('error', (error) => {
      this.#failAll(error)
    })
    this.#worker.on('exit', () => {
      this.#failAll(new Error('the thread that computes hashes ended'))
    })
  }

  /**
   * @param bytes in shared memory; they must not change before it resolves
   * @returns what is known of these bytes: of SHA-256 their CRC-32, decimal
   */
  update(bytes: Uint8Array): Promise<string> {
    return this.#ask(bytes)
  }

  /** The hash of all bytes: the ETag with quotes, or hexadecimal. */
  end(): Promise<string> {
    return this.#ask(null)
  }

  close(): void {
    void this.#worker.terminate()
  }

  #ask(message: Uint8Array | null): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure)
        return
      }
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage(message)
    })
  }

  #failAll(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

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
