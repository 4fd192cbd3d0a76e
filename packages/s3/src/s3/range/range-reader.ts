import { GetObjectCommand } from '@aws-sdk/client-s3'
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
import { CONTENT_SHA256, HASH_OF_NOTHING } from '../connection/s3-client.js'
import { replay } from '../send/replay.js'
import {
  ANY_KEY,
  outgoing,
  requestTemplate,
  type RequestTemplate,
  type SdkRequest,
} from '../send/request-template.js'
import type { HttpReply, OutgoingRequest } from '../send/sender.js'
import {
  DEFAULT_CONNECT_TIMEOUT,
  DEFAULT_IDLE_TIMEOUT,
  type S3Options,
} from '../connection/s3-options.js'

/** In the input of a GetObject; never sent. */
const RANGE = Symbol('range')

/** A GetObject of a range. */
interface RangeInput {
  readonly Bucket: string
  readonly Key: string
  readonly VersionId?: string
  readonly Range: string
  readonly IfMatch: string
}

interface RangeCarrier {
  readonly [RANGE]?: RangeOptions
}

/** A response whose body, if the range was sent, is in the buffer. */
interface Answer extends Pick<HttpReply, 'status' | 'headers'> {
  readonly body: Uint8Array | undefined
}

/** Beside a request: the buffer of its body, and how much was received. */
interface RangeOptions {
  readonly abortSignal?: AbortSignal | undefined
  readonly into: Uint8Array<SharedArrayBuffer>
  readonly gauge: ByteGauge | undefined
  readonly onReceived: (bytes: number) => void
  readonly wanted: WantedRange
}

/**
 * Reads ranges of objects into shared memory. A thread (range-worker.ts) receives the data, which
 * never enters the SDK's heap. The SDK builds one request and parses refusals; its middleware is not
 * used for each range, since it takes 2 ms.
 */
export class RangeReader {
  readonly #s3: S3Connection
  readonly #worker: Worker
  readonly #waiting = new Map<number, (reply: RangeReply) => void>()
  #lastId = 0
  #template: Promise<RequestTemplate | undefined> | undefined

  /** @param s3 whose client signs the requests, with all adaptations */
  constructor(s3: S3Connection, options: S3Options) {
    this.#s3 = s3
    s3.client.middlewareStack.add(
      (next) => async (args) => {
        const range = (args.input as RangeCarrier)[RANGE]
        if (!range) return next(args)
        const reply = await this.#fetch(outgoing(args.request as SdkRequest), range)
        return { output: undefined as never, response: sdkResponse(reply) }
      },
      // below `replay`, which takes the response that is already there
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
    const { bucket, title } = this.#s3
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
        title,
      },
      onReceived: (bytes) => {
        received = bytes
      },
    }
    const input = {
      Bucket: bucket,
      Key: key,
      ...versionOf(version),
      Range: `bytes=${String(offset)}-${String(offset + into.byteLength - 1)}`,
      IfMatch: etag,
      ...{ [RANGE]: range },
    }
    try {
      await this.#get(input, range)
    } catch (error) {
      if (httpStatus(error) === 412) throw objectReplaced(key, title, error)
      throw error
    } finally {
      if (shared.buffer !== into.buffer) into.set(shared.subarray(0, received))
      onReceived(received)
    }
  }

  async #get(input: RangeInput & RangeCarrier, range: RangeOptions): Promise<void> {
    const { client, clock } = this.#s3
    const { Key, VersionId, Range, IfMatch } = input
    try {
      const template = await this.#requestTemplate()
      if (!template) {
        await client.send(new GetObjectCommand(input))
        return
      }
      const { systemClockOffset } = client.config
      const request = await template.sign({
        path: template.pathOf(Key),
        query: VersionId === undefined ? {} : { versionId: VersionId },
        headers: { range: Range, 'if-match': IfMatch, [CONTENT_SHA256]: HASH_OF_NOTHING },
      })
      const { status, headers, body } = await this.#fetch(request, range)
      clock.read(headers['date'])
      if (!body) return
      await replay(client, { status, headers, body }, systemClockOffset, (carrier) =>
        client.send(new GetObjectCommand({ ...input, ...carrier })),
      )
    } catch (error) {
      // an adaptation may change the address
      this.#template = undefined
      throw error
    }
  }

  #requestTemplate(): Promise<RequestTemplate | undefined> {
    const { bucket, client } = this.#s3
    this.#template ??= requestTemplate(client, (marker) =>
      client.send(new GetObjectCommand({ Bucket: bucket, Key: ANY_KEY, ...marker })),
    )
    return this.#template
  }

  /** Pass a request to the thread. @returns `body` only of a refusal */
  async #fetch(
    request: OutgoingRequest,
    { into, gauge, abortSignal, onReceived, wanted }: RangeOptions,
  ): Promise<Answer> {
    const id = ++this.#lastId
    const cancel = () => {
      this.#worker.postMessage({ cancel: id } satisfies RangeCancel)
    }
    const reply = await new Promise<RangeReply>((resolve) => {
      this.#waiting.set(id, resolve)
      const message: RangeRequest = { id, ...request, into, gauge: gauge?.state }
      this.#worker.postMessage(message)
      abortSignal?.addEventListener('abort', cancel)
    })
    abortSignal?.removeEventListener('abort', cancel)
    const { status, headers = {}, body, received, error } = reply
    if (error || status === undefined) {
      onReceived(received)
      const { code = 'ECONNRESET', message = 'no response' } = error ?? {}
      throw Object.assign(new Error(message), { code })
    }
    if (!body) {
      checkAnswer(wanted, status, headers)
      onReceived(received)
      checkLength(received, into.byteLength)
    }
    return { status, headers, body }
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

/** The SDK's deserializer creates the output. */
function sdkResponse({ status, headers, body }: Answer): object {
  const content = body ? [Buffer.from(body)] : []
  return { statusCode: status, headers, body: Readable.from(content) }
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
