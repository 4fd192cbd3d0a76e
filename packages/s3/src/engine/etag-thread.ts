import { Worker } from 'node:worker_threads'

interface Waiting {
  readonly resolve: (reply: string) => void
  readonly reject: (error: Error) => void
}

/** An EtagDigest in a thread of its own (etag-worker.ts). */
export class EtagThread {
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  #failure: Error | undefined

  /** @param sizes of the parts, bytes; none: the ETag is the MD5 of the whole */
  constructor(sizes: readonly number[] | undefined) {
    this.#worker = new Worker(new URL('./etag-worker.js', import.meta.url), { workerData: sizes })
    this.#worker.on('message', (reply: string) => this.#waiting.shift()?.resolve(reply))
    this.#worker.on('error', (error) => {
      this.#failAll(error)
    })
    this.#worker.on('exit', () => {
      this.#failAll(new Error('the thread that computes the ETag ended'))
    })
  }

  /** @param bytes in shared memory; they must not change before it resolves */
  async update(bytes: Uint8Array): Promise<void> {
    await this.#ask(bytes)
  }

  /** The ETag of all bytes, with quotes. */
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
