import { Worker } from 'node:worker_threads'
import { Z3Error } from '@z3/core'
import type { HashKind, PartDigest } from '../../multipart-upload.js'
import type { FromSender, Job, SenderSettings, ToSender } from './sender-message.js'
import type { HttpReply, OutgoingRequest, Sender } from './sender.js'

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

/** Hashes and sends in a thread of its own (sender-worker.ts). */
export class SenderThread implements Sender {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #failure: Z3Error | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (message: FromSender) => {
      if (message !== 'ready') this.#settle(message)
    })
    worker.on('error', (error) => {
      this.#fail(error.message)
    })
    worker.on('exit', () => {
      this.#fail('it ended')
    })
  }

  /** @throws Error if the system does not provide the thread */
  static start(settings: SenderSettings): Promise<SenderThread> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./sender-worker.js', import.meta.url), {
        workerData: settings,
      })
      const thread = new SenderThread(worker)
      worker.once('message', () => {
        resolve(thread)
      })
      worker.once('error', reject)
      worker.once('exit', () => {
        reject(new Error('it ended at once'))
      })
    })
  }

  /** Number of its unfinished jobs. */
  get load(): number {
    return this.#waiting.size
  }

  hash(body: Uint8Array, hashes: readonly HashKind[]): Promise<PartDigest> {
    return this.#ask<PartDigest>({ kind: 'hash', body, hashes })
  }

  send(request: OutgoingRequest, body: Uint8Array, signal?: AbortSignal): Promise<HttpReply> {
    return this.#ask<HttpReply>({ kind: 'send', request, body }, signal)
  }

  close(): void {
    void this.#worker.terminate()
  }

  /** @throws Z3Error `sender-failed` if the thread ends */
  async #ask<T>(job: Job, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const id = ++this.#lastId
    // the thread answers at once, and no part arrives after that
    const cancel = () => {
      this.#post({ id, job: 'cancel' })
    }
    signal?.addEventListener('abort', cancel)
    try {
      return await new Promise<T>((resolve, reject) => {
        if (this.#failure) throw this.#failure
        this.#waiting.set(id, { resolve, reject })
        this.#post({ id, job })
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  #post(message: ToSender): void {
    this.#worker.postMessage(message)
  }

  #settle(message: Exclude<FromSender, 'ready'>): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if ('result' in message) waiting?.resolve(message.result as never)
    else waiting?.reject(Object.assign(new Error(message.error.message), message.error))
  }

  #fail(reason: string): void {
    this.#failure ??= new Z3Error(
      'sender-failed',
      `the thread that sends parts failed: ${reason}`,
      {
        hint: 'Check the memory limit of this process, or use --senders 0 to send without a thread.',
      },
    )
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
  }
}
