import type { S3Client } from '@aws-sdk/client-s3'
import type { Z3Error } from '@z3/core'
import { profileFor, type Profile } from '../../profiles.js'
import { Lessons } from './lessons.js'
import { readNetwork, type Network } from './network.js'
import { Retrier } from './retry.js'
import { createS3Client } from './s3-client.js'
import { toZ3Error } from './explain-error.js'
import { followClock, ServerClock } from './server-clock.js'
import { DEFAULT_COMPLETE_TIMEOUT, type S3Credentials, type S3Options } from './s3-options.js'

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

  close(): void {
    this.client.destroy()
  }
}
