import type { S3Client } from '@aws-sdk/client-s3'
import type { Z3Error } from '@z3/core'
import { profileFor, type Profile } from '../../profiles.js'
import { HeadSender } from '../send/head-sender.js'
import { LocalSender } from '../send/local-sender.js'
import { Throttle } from '../throttle.js'
import { Senders } from '../send/senders.js'
import { createAgents } from './agents.js'
import { Lessons } from './lessons.js'
import { readNetwork, type Network } from './network.js'
import { Retrier } from './retry.js'
import { createS3Client } from './s3-client.js'
import { toZ3Error } from './explain-error.js'
import { ensureTls, type Encryption } from './server-encryption.js'
import { readSseKey } from './sse-key.js'
import { isFromSwift, onResponse, ServerClock } from './server-clock.js'
import {
  DEFAULT_COMPLETE_TIMEOUT,
  DEFAULT_CONNECT_TIMEOUT,
  DEFAULT_IDLE_TIMEOUT,
  type S3Credentials,
  type S3Options,
} from './s3-options.js'

/** Options for a client's `send`. */
export interface SendOptions {
  abortSignal?: AbortSignal
}

/** @param progressed to be called when a part of it has succeeded */
type Request<T> = (options: SendOptions, progressed: () => void) => Promise<T>

/** Maximum repetitions of one attempt, each after an adaptation. */
const LESSONS = 3

/** A bucket on a server: sends requests and repeats them. */
export class S3Connection {
  readonly bucket: string
  readonly profile: Profile
  readonly title: string
  readonly client: S3Client
  readonly clock = new ServerClock()
  /** For requests that do not use the client's connections. */
  readonly network: Network
  /** For parts, which bypass the client. */
  readonly senders: Senders
  /** For HEADs, which bypass the client, too. */
  readonly heads: HeadSender
  /** Of new objects, by the server. */
  readonly encryption: Encryption
  #isSwift = false
  readonly #retrier: Retrier
  readonly #lessons: Lessons
  readonly #createPatient: () => S3Client
  readonly #credentials: () => S3Credentials | undefined

  /** @throws Z3Error `config` for an invalid proxy, CA file or SSE-C key */
  constructor(options: S3Options) {
    this.bucket = options.bucket
    this.profile = profileFor(options.endpoint)
    this.title = `bucket '${options.bucket}' at ${options.endpoint ?? 'AWS'}`
    this.network = readNetwork(options.endpoint, options.region, options.caFile)
    this.encryption = { sse: options.sse, key: readSseKey(options.sseKeyFile) }
    ensureTls(this.encryption.key, options.endpoint)
    const credentials = { current: options.credentials }
    const agents = () => createAgents(this.network, options.connections + 4)
    const shared = agents()
    this.client = createS3Client(options, shared, credentials, this.encryption)
    const throttle = options.rate && Throttle.open(options.rate)
    const patience = {
      connect: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
      idle: options.idleTimeout ?? DEFAULT_IDLE_TIMEOUT,
    }
    const local = new LocalSender(shared, patience, throttle)
    this.senders = new Senders(
      local,
      {
        network: this.network,
        connections: options.connections + 4,
        patience,
        throttle: throttle?.state,
      },
      options.senders,
    )
    this.#lessons = new Lessons(this.client, options, credentials)
    this.#credentials = () => credentials.current
    const learn = (headers: Readonly<Record<string, string>>) => {
      this.clock.read(headers['date'])
      this.#isSwift ||= isFromSwift(headers)
    }
    onResponse(this.client, learn)
    const checksums = this.profile.askChecksum ? ({ ChecksumMode: 'ENABLED' } as const) : {}
    this.heads = new HeadSender(this.client, { Bucket: this.bucket, ...checksums }, local, learn)
    const patient = {
      ...options,
      idleTimeout: options.completeTimeout ?? DEFAULT_COMPLETE_TIMEOUT,
    }
    this.#createPatient = () => createS3Client(patient, agents(), credentials, this.encryption)
    const { clock } = options
    this.#retrier = new Retrier({ ...options, now: clock && (() => clock.now()) })
  }

  /** Whether the server is OpenStack Swift, as far as it has responded. */
  get isSwift(): boolean {
    return this.#isSwift
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

  /** As `send`, but throws the error of the last attempt unchanged. */
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
   * Send one request with a separate client that tolerates minutes of silence, as some servers need
   * for Complete.
   */
  async withPatience<T>(request: (client: S3Client) => Promise<T>): Promise<T> {
    const patient = this.#createPatient()
    // it shares what was learned with this client
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

  /** Converts the error of a failed request. */
  explain(error: unknown, doing: string): Z3Error {
    return toZ3Error(error, doing, this.title, {
      credentials: this.#credentials(),
      hasSseKey: this.encryption.key !== undefined,
    })
  }

  close(): void {
    this.senders.close()
    this.client.destroy()
  }
}
