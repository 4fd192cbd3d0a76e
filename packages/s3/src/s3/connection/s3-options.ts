import type { Clock } from '../../clock.js'
import type { OnRetry } from './retry.js'

/** A key, and the token that belongs to it where it is temporary. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Where a bucket is and how to talk to its server. */
export interface S3Options {
  readonly bucket: string
  /** URL; none means AWS. */
  readonly endpoint?: string | undefined
  /** None: the SDK's own chain, or `us-east-1` where an endpoint is given. */
  readonly region?: string | undefined
  /** None: the SDK's own chain (environment, profile, SSO, instance role). */
  readonly credentials?: S3Credentials | undefined
  /** Read `credentials` again, once the server says that they have expired. */
  readonly rereadCredentials?: (() => Promise<S3Credentials | undefined>) | undefined
  /**
   * Where the bucket stands in a URL. None and `auto`: in the path where an
   * endpoint is given, until the server demands otherwise.
   */
  readonly addressing?: 'auto' | 'path' | 'virtual' | undefined
  /** PEM certificates to trust in place of Node's own: a file's path. */
  readonly caFile?: string | undefined
  /** None: z3's STANDARD_IA on AWS, the bucket's default elsewhere. */
  readonly storageClass?: string | undefined
  /** None: z3's bucket-owner-full-control on AWS, nothing elsewhere. */
  readonly acl?: string | undefined
  /**
   * Nobody can tamper with the connection, so that a CRC-32 protects a part
   * well enough. None: over TLS.
   */
  readonly trustedWire?: boolean | undefined
  /** Attempts of one request at most, the first included; none: no bound. */
  readonly attempts?: number | undefined
  /** Requests are repeated for so long while none succeeds, milliseconds. */
  readonly retryFor?: number | undefined
  readonly onRetry?: OnRetry | undefined
  /** Connections that will be wanted at once. */
  readonly connections: number
  /** One attempt to connect may take so long, TLS included, milliseconds. */
  readonly connectTimeout?: number | undefined
  /** A request that moves no byte for so long is cut, milliseconds. */
  readonly idleTimeout?: number | undefined
  /**
   * How long a Complete may be silent, and how long an object is looked for
   * when its reply is lost, milliseconds.
   */
  readonly completeTimeout?: number | undefined
  /** For tests. */
  readonly clock?: Clock | undefined
  /** First pause between attempts, milliseconds. */
  readonly firstDelay?: number | undefined
}

/**
 * Servers assemble large objects for minutes without a word (MinIO, Ceph;
 * AWS sends blanks meanwhile).
 */
export const DEFAULT_COMPLETE_TIMEOUT = 10 * 60_000

/** A request that moves no byte for so long is cut and made again. */
export const DEFAULT_IDLE_TIMEOUT = 60_000

/** One attempt to connect may take so long, milliseconds. */
export const DEFAULT_CONNECT_TIMEOUT = 8_000
