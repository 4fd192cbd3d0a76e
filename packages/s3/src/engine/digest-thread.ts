import { Worker } from 'node:worker_threads'

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
