import { Worker } from 'node:worker_threads'
import { crc32Combine } from '../crc32.js'

/** What the thread computes (digest-worker.ts). */
export type DigestKind =
  /** @param sizes part sizes, bytes; undefined: the ETag is the MD5 of the object */
  | { readonly kind: 'etag'; readonly sizes: readonly number[] | undefined }
  /** The SHA-256 of the object, and the CRC-32 of each part. */
  | { readonly kind: 'sha256' }

interface Waiting {
  readonly resolve: (reply: string) => void
  readonly reject: (error: Error) => void
}

/** A hash computed in a separate thread. */
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
   * @param bytes in shared memory; must not change before the promise resolves
   * @returns the hash of these bytes: for SHA-256 their CRC-32, decimal
   */
  update(bytes: Uint8Array): Promise<string> {
    return this.#ask(bytes)
  }

  /** The final hash: the ETag with quotes, or hexadecimal. */
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

/** Hashes computed over an object during its upload. */
export interface ObjectDigests {
  /** Hexadecimal. */
  readonly sha256: string
  /** Unsigned. */
  readonly crc32: number
  readonly parts: readonly { readonly bytes: number; readonly crc32: number }[]
}

/**
 * Computes the hashes of an object from its parts, in order, in a thread: a hash of the whole
 * object cannot be derived from those of the parts, which are sent in parallel.
 */
export class ObjectDigest {
  readonly #thread = new DigestThread({ kind: 'sha256' })
  readonly #parts: { bytes: number; crc32: number }[] = []

  /** @param body the next part, in shared memory; must not change before the promise resolves */
  async update(body: Uint8Array): Promise<void> {
    // the thread answers in order
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
