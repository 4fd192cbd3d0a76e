import { Worker } from 'node:worker_threads'
import type { HashJob, HashReply } from './hash-job.js'

interface Thread {
  readonly worker: Worker
  settle: { resolve: (reply: HashReply) => void; reject: (error: Error) => void } | undefined
}

/** Threads that hash chunks, started when they are needed. Each has one buffer of 1 MiB. */
export class HashPool {
  readonly #threads: Thread[] = []
  #failure: Error | undefined

  /**
   * Hash a chunk. At most as many at once as there shall be threads.
   *
   * @returns the hash, or why the chunk cannot be read
   * @throws Error if the pool is closed or a thread died
   */
  hash(job: HashJob): Promise<HashReply> {
    if (this.#failure) return Promise.reject(this.#failure)
    const thread = this.#threads.find(({ settle }) => !settle) ?? this.#start()
    return new Promise((resolve, reject) => {
      thread.settle = { resolve, reject }
      thread.worker.postMessage(job)
    })
  }

  /** End the threads, also in the middle of a chunk. */
  async close(): Promise<void> {
    this.#fail(new Error('the run has ended'))
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  #start(): Thread {
    const worker = new Worker(new URL('./hash-worker.js', import.meta.url))
    const thread: Thread = { worker, settle: undefined }
    worker.on('message', (reply: HashReply) => {
      const { settle } = thread
      thread.settle = undefined
      settle?.resolve(reply)
    })
    worker.on('error', (error) => {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    })
    this.#threads.push(thread)
    return thread
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const thread of this.#threads) {
      const { settle } = thread
      thread.settle = undefined
      settle?.reject(this.#failure)
    }
  }
}
