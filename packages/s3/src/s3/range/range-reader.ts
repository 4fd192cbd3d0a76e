import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { checkAnswer, objectReplaced, type WantedRange } from '../../range-answer.js'
import type { ByteGauge } from '../../byte-gauge.js'
import type { ReadOptions } from '../../object-store.js'
import type { RangeCancel, RangeReply, RangeRequest, RangeWorkerData } from './range-message.js'
import { Throttle } from '../throttle.js'
import { versionOf } from '../head-object.js'
import type { S3Connection } from '../connection/s3-connection.js'
import { httpStatus } from '../connection/s3-error.js'
import { outgoing, type SdkRequest } from '../send/request-template.js'
import {
  DEFAULT_CONNECT_TIMEOUT,
  DEFAULT_IDLE_TIMEOUT,
  type S3Options,
} from '../connection/s3-options.js'

/** In the input of a GetObject; never sent. */
const RANGE = Symbol('range')

/** Beside a GetObject: the buffer of its body, and how much was received. */
interface RangeOptions {
  readonly abortSignal?: AbortSignal | undefined
  readonly into: Uint8Array<SharedArrayBuffer>
  readonly gauge: ByteGauge | undefined
  readonly onReceived: (bytes: number) => void
  readonly wanted: WantedRange
}

/**
 * Reads ranges of objects into shared memory. The SDK builds and signs each request and parses each
 * error; a thread (range-worker.ts) receives the data, which never enters the SDK's heap.
 */
export class RangeReader {
  readonly #bucket: string
  readonly #title: string
  readonly #client: S3Client
  readonly #worker: Worker
  readonly #waiting = new Map<number, (reply: RangeReply) => void>()
  #lastId = 0

  /** @param s3 whose client signs the requests, with all adaptations */
  constructor(s3: S3Connection, options: S3Options) {
    this.#bucket = options.bucket
    this.#title = s3.title
    this.#client = s3.client
    this.#client.middlewareStack.add(
      (next) => (args) => {
        const range = (args.input as { readonly [RANGE]?: RangeOptions })[RANGE]
        return range ? this.#handle(args.request as SdkRequest, range) : next(args)
      },
      { step: 'deserialize', name: 'range', priority: 'low' },
    )
    this.#worker = new Worker(new URL('./range-worker.js', import.meta.url), {
      workerData: {
        connections: options.connections,
        network: s3.network,
        connectionTimeout: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
        idleTimeout: options.idleTimeout ?? DEFAULT_IDLE_TIMEOUT,
        throttle: options.rate && Throttle.open(options.rate).state,
      } satisfies RangeWorkerData,
    })
    this.#worker.on('message', (reply: RangeReply) => {
      this.#waiting.get(reply.id)?.(reply)
      this.#waiting.delete(reply.id)
    })
    this.#worker.on('error', (error) => {
      this.#failAll(`the reading thread failed: ${error.message}`)
    })
    this.#worker.on('exit', () => {
      this.#failAll('the reading thread ended')
    })
  }

  /**
   * One attempt to read one range.
   *
   * @param onReceived called with the received bytes, even if the range is incomplete
   * @throws Z3Error `object-changed`, `size-mismatch`, or the error of the SDK or the socket
   */
  async read(
    key: string,
    options: ReadOptions,
    onReceived: (bytes: number) => void,
  ): Promise<void> {
    const { offset, into, etag, size, version, gauge, signal } = options
    const shared = sharedView(into)
    let received = 0
    const range: RangeOptions = {
      abortSignal: signal,
      into: shared,
      gauge,
      wanted: {
        key,
        offset,
        length: into.byteLength,
        etag,
        size,
        title: this.#title,
      },
      onReceived: (bytes) => {
        received = bytes
      },
    }
    try {
      await this.#client.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          ...versionOf(version),
          Range: `bytes=${String(offset)}-${String(offset + into.byteLength - 1)}`,
          IfMatch: etag,
          ...{ [RANGE]: range },
        }),
      )
    } catch (error) {
      if (httpStatus(error) === 412) throw objectReplaced(key, this.#title, error)
      throw error
    } finally {
      if (shared.buffer !== into.buffer) into.set(shared.subarray(0, received))
      onReceived(received)
    }
  }

  /** Replaces the SDK's request handler: passes the request to the thread. */
  async #handle(
    request: SdkRequest,
    { into, gauge, abortSignal, onReceived, wanted }: RangeOptions,
  ): Promise<{ response: unknown; output: never }> {
    const id = ++this.#lastId
    const cancel = () => {
      this.#worker.postMessage({ cancel: id } satisfies RangeCancel)
    }
    const reply = await new Promise<RangeReply>((resolve) => {
      this.#waiting.set(id, resolve)
      this.#worker.postMessage({
        id,
        ...outgoing(request),
        into,
        gauge: gauge?.state,
      } satisfies RangeRequest)
      abortSignal?.addEventListener('abort', cancel)
    })
    abortSignal?.removeEventListener('abort', cancel)
    if (reply.error || reply.status === undefined) {
      onReceived(reply.received)
      const { code = 'ECONNRESET', message = 'no response' } = reply.error ?? {}
      throw Object.assign(new Error(message), { code })
    }
    const success = reply.body === undefined
    if (success) {
      checkAnswer(wanted, reply.status, reply.headers ?? {})
      onReceived(reply.received)
      checkLength(reply.received, into.byteLength)
    }
    // the SDK's deserializer creates the output
    return {
      output: undefined as never,
      response: {
        statusCode: reply.status,
        headers: reply.headers ?? {},
        body: Readable.from(reply.body ? [Buffer.from(reply.body)] : []),
      },
    }
  }

  #failAll(message: string): void {
    for (const [id, resolve] of this.#waiting) {
      resolve({ id, received: 0, error: { code: 'ERR_WORKER', message } })
    }
    this.#waiting.clear()
  }

  close(): void {
    void this.#worker.terminate()
  }
}

/** The buffer itself if the thread can write to it, else a shared one. */
function sharedView(into: Uint8Array): Uint8Array<SharedArrayBuffer> {
  return into.buffer instanceof SharedArrayBuffer
    ? new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
    : new Uint8Array(new SharedArrayBuffer(into.byteLength))
}

/** A body that is shorter than announced; the received part is valid. */
function checkLength(received: number, wanted: number): void {
  if (received === wanted) return
  throw Object.assign(new Error(`${String(received)} of ${String(wanted)} bytes received`), {
    code: 'ERR_STREAM_PREMATURE_CLOSE',
  })
}
