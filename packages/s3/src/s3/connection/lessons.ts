import type { S3Client } from '@aws-sdk/client-s3'
import { errorName, httpStatus } from './s3-error.js'
import type { S3Credentials, S3Options } from './s3-options.js'

/** Error codes that ask for new credentials. */
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'])

/** Error codes of Alibaba and Tencent for path-style addressing. */
const NOT_IN_PATH = new Set(['SecondLevelDomainForbidden', 'PathStyleDomainForbidden'])

/**
 * Adapts all further requests to a refusal: new credentials for expired ones, the place of the
 * bucket in the URL, the clock difference.
 */
export class Lessons {
  readonly #client: S3Client
  readonly #options: S3Options
  readonly #credentials: { current: S3Credentials | undefined }
  #renewing: Promise<boolean> | undefined
  #learned = 0

  /** @param credentials used by the client; may be replaced */
  constructor(
    client: S3Client,
    options: S3Options,
    credentials: { current: S3Credentials | undefined },
  ) {
    this.#client = client
    this.#options = options
    this.#credentials = credentials
  }

  /** Number of adaptations; to be read before a request. */
  get learned(): number {
    return this.#learned
  }

  /**
   * @param before `learned` when the request was made
   * @returns whether the same request may succeed now
   */
  async learn(error: unknown, before: number): Promise<boolean> {
    const name = errorName(error)
    if (EXPIRED.has(name)) {
      if (before !== this.#learned) return true
      this.#renewing ??= this.#renew().finally(() => {
        this.#renewing = undefined
      })
      return this.#renewing
    }
    const { addressing = 'auto' } = this.#options
    if (NOT_IN_PATH.has(name) && addressing === 'auto') {
      const { config } = this.#client
      if (!config.forcePathStyle) return before !== this.#learned
      config.forcePathStyle = false
      this.#learned++
      return true
    }
    // the SDK has corrected its clock offset; the response to a HEAD has no code
    return httpStatus(error) === 403 && clockCorrected(error)
  }

  /**
   * Read the credentials again.
   *
   * @returns whether they changed
   */
  async #renew(): Promise<boolean> {
    const { credentials } = this.#client.config
    const old = await credentials()
    if (this.#credentials.current) {
      this.#credentials.current =
        (await this.#options.rereadCredentials?.()) ?? this.#credentials.current
    }
    const renewed = await credentials({ forceRefresh: true })
    const same =
      renewed.accessKeyId === old.accessKeyId &&
      renewed.secretAccessKey === old.secretAccessKey &&
      renewed.sessionToken === old.sessionToken
    if (!same) this.#learned++
    return !same
  }
}

function clockCorrected(error: unknown): boolean {
  const { $metadata } = error as {
    $metadata?: { clockSkewCorrected?: boolean }
  }
  return $metadata?.clockSkewCorrected === true
}
