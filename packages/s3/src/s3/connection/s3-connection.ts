import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { crc32FromBase64 } from '../../crc32-base64.js'
import { etagKind } from '../../etag-kind.js'
import type { ObjectInfo } from '../../object-store.js'
import { profileFor, type Profile } from '../../profiles.js'
import { Lessons } from './lessons.js'
import { readNetwork, type Network } from './network.js'
import { Retrier } from './retry.js'
import { createS3Client } from './s3-client.js'
import { toZ3Error } from './explain-error.js'
import { httpStatus } from './s3-error.js'
import { followClock, ServerClock } from './server-clock.js'
import { DEFAULT_COMPLETE_TIMEOUT, type S3Credentials, type S3Options } from './s3-options.js'
import { splitNonce } from '../upload-nonce.js'

/** Options that a client's `send` takes beside the command. */
export interface SendOptions {
  abortSignal?: AbortSignal
}

/** @param progressed to be called when a part of it has succeeded */
type Request<T> = (options: SendOptions, progressed: () => void) => Promise<T>

/** Repetitions of one attempt at most, each after something was learned. */
const LESSONS = 3

/** One bucket on one server: requests, made again where that can help. */
export class S3Connection {
  readonly bucket: string
  readonly profile: Profile
  readonly title: string
  readonly client: S3Client
  readonly clock = new ServerClock()
  /** For requests that do not go through the client's own connections. */
  readonly network: Network
  readonly #retrier: Retrier
  readonly #lessons: Lessons
  readonly #createPatient: () => S3Client
  readonly #credentials: () => S3Credentials | undefined

  /** @throws Z3Error `config` for a bad proxy or CA file */
  constructor(options: S3Options) {
    this.bucket = options.bucket
    this.profile = profileFor(options.endpoint)
    this.title = `bucket '${options.bucket}' at ${options.endpoint ?? 'AWS'}`
    this.network = readNetwork(options.endpoint, options.region, options.caFile)
    const credentials = { current: options.credentials }
    this.client = createS3Client(options, this.network, credentials)
    this.#lessons = new Lessons(this.client, options, credentials)
    this.#credentials = () => credentials.current
    followClock(this.client, this.clock)
    const patient = {
      ...options,
      idleTimeout: options.completeTimeout ?? DEFAULT_COMPLETE_TIMEOUT,
    }
    this.#createPatient = () => createS3Client(patient, this.network, credentials)
    const { clock } = options
    this.#retrier = new Retrier({ ...options, now: clock && (() => clock.now()) })
  }

  /**
   * @param doing for messages: `upload part 3 of 'k'`
   * @throws Z3Error
   */
  async send<T>(doing: string, request: Request<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await this.sendRaw(doing, request, signal)
    } catch (error) {
      signal?.throwIfAborted()
      throw this.explain(error, doing)
    }
  }

  /** As `send`, but what the last attempt threw comes through as it is. */
  async sendRaw<T>(doing: string, request: Request<T>, signal?: AbortSignal): Promise<T> {
    return this.#retrier.run(
      doing,
      async ({ signal: abortSignal, progressed }) => {
        const options = abortSignal ? { abortSignal } : {}
        for (let lessons = 0; ; lessons++) {
          const before = this.#lessons.learned
          try {
            return await request(options, progressed)
          } catch (error) {
            const learned = lessons < LESSONS && (await this.#lessons.learn(error, before))
            if (!learned) throw error
          }
        }
      },
      signal,
    )
  }

  /**
   * Make one request by a client of its own that bears a server which says
   * nothing for minutes, as some do during Complete.
   */
  async withPatience<T>(request: (client: S3Client) => Promise<T>): Promise<T> {
    const patient = this.#createPatient()
    // what was learned holds for it, and what it learns for the others
    const { config } = this.client
    patient.config.forcePathStyle = config.forcePathStyle
    patient.config.systemClockOffset = config.systemClockOffset
    try {
      return await request(patient)
    } finally {
      config.systemClockOffset = patient.config.systemClockOffset
      patient.destroy()
    }
  }

  /** What a failed request means, in words of ours. */
  explain(error: unknown, doing: string): Z3Error {
    return toZ3Error(error, doing, this.title, this.#credentials())
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo> {
    const reply = await this.#head(key, signal)
    return {
      key,
      // compressing proxies answer a HEAD with no length, or with 0
      size: reply.ContentLength || (await this.askSize(key, signal)),
      etag: reply.ETag ?? '',
      ...splitNonce(reply.Metadata),
      modified: reply.LastModified,
      crc32: reply.ChecksumType === 'COMPOSITE' ? undefined : crc32FromBase64(reply.ChecksumCRC32),
      // radosgw 20 calls that of a single part composite, and older servers know no other type
      hasChecksum: reply.ChecksumCRC32 !== undefined,
      etagKind: etagKind(reply, this.bucket, this.profile),
      lockedUntil: reply.ObjectLockRetainUntilDate,
      legalHold: reply.ObjectLockLegalHoldStatus === 'ON',
    }
  }

  /**
   * Does the key have an object? A 404 is not explained by a second request, so the answer is no
   * where the bucket is missing, too: the caller's next request (Create, Complete) reports that.
   */
  async exists(key: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#head(key, signal, (error) => httpStatus(error) === 404)
      return true
    } catch (error) {
      if (error instanceof Z3Error && error.code === 'no-such-key') return false
      throw error
    }
  }

  /** @param isClear whether an error needs no explanation */
  #head(
    key: string,
    signal?: AbortSignal,
    isClear: (error: unknown) => boolean = () => false,
  ): Promise<HeadObjectCommandOutput> {
    const address = { Bucket: this.bucket, Key: key }
    const look = async (options: SendOptions) => {
      try {
        return await this.client.send(
          new HeadObjectCommand({
            ...address,
            ...(this.profile.askChecksum ? { ChecksumMode: 'ENABLED' } : {}),
          }),
          options,
        )
      } catch (error) {
        if (isClear(error)) throw error
        // the answer to a HEAD has no body, so it cannot tell a missing key
        // from a missing bucket, nor a wrong secret from a policy that forbids
        throw await this.#explain(address, error, options)
      }
    }
    return this.send(`look at '${key}'`, look, signal)
  }

  /**
   * Learn the size of an object from the answer to a GET of its first byte:
   * from Content-Range, which tells the size of the whole.
   *
   * @throws Z3Error `store-rejected` if it is not told there either
   */
  async askSize(key: string, signal?: AbortSignal): Promise<number> {
    const doing = `learn the size of '${key}'`
    const ask = async (options: SendOptions) => {
      try {
        const reply = await this.client.send(
          new GetObjectCommand({ Bucket: this.bucket, Key: key, Range: 'bytes=0-0' }),
          options,
        )
        const body = reply.Body as { destroy?: () => void } | undefined
        body?.destroy?.()
        const total = wholeSize(reply.ContentRange)
        if (total !== undefined) return total
        // the whole object, of a server that ignores ranges
        return reply.$metadata.httpStatusCode === 200 ? reply.ContentLength : undefined
      } catch (error) {
        // an empty object has no first byte
        const whole = wholeSize(rangeOfError(error))
        if (httpStatus(error) === 416 && whole === 0) return 0
        throw error
      }
    }
    const size = await this.send(doing, ask, signal)
    if (size !== undefined) return size
    throw new Z3Error(
      'store-rejected',
      `cannot ${doing}: the response has neither Content-Length nor Content-Range (${this.title})`,
      { hint: 'Check for a proxy that removes headers.' },
    )
  }

  /** Ask the same with GET, whose error has a body. */
  async #explain(
    address: { Bucket: string; Key: string },
    error: unknown,
    options: SendOptions,
  ): Promise<unknown> {
    if (!(error instanceof Error) || !('$metadata' in error)) return error
    try {
      const reply = await this.client.send(
        new GetObjectCommand({ ...address, Range: 'bytes=0-0' }),
        options,
      )
      const body = reply.Body as { destroy?: () => void } | undefined
      body?.destroy?.()
      return error
    } catch (explained) {
      return explained
    }
  }

  close(): void {
    this.client.destroy()
  }
}

/** `bytes 0-0/1234`, and `bytes *` + `/0` of an empty object: what is behind. */
function wholeSize(contentRange: string | undefined): number | undefined {
  const total = /^bytes [^/]+\/(\d+)$/.exec(contentRange ?? '')?.[1]
  return total === undefined ? undefined : Number(total)
}

function rangeOfError(error: unknown): string | undefined {
  const { $response } = error as {
    $response?: { headers?: Readonly<Record<string, string>> }
  }
  return $response?.headers?.['content-range']
}
