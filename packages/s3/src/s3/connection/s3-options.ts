import type { RateSchedule } from '@z3/core'
import type { Clock } from '../../clock.js'
import type { OnRetry } from './retry.js'
import type { ServerEncryption } from './server-encryption.js'

/** An access key, with its session token if it is temporary. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** An Object Lock retention. */
export interface LockRetention {
  readonly mode: 'governance' | 'compliance'
  readonly seconds: number
}

/** Location of a bucket and settings for its server. */
export interface S3Options {
  readonly bucket: string
  /** URL; undefined: AWS. */
  readonly endpoint?: string | undefined
  /** Undefined: the SDK's own chain, or `us-east-1` with an endpoint. */
  readonly region?: string | undefined
  /** Undefined: the SDK's own chain (environment, profile, SSO, instance role). */
  readonly credentials?: S3Credentials | undefined
  /** Reads `credentials` again after they have expired. */
  readonly rereadCredentials?: (() => Promise<S3Credentials | undefined>) | undefined
  /**
   * Where the bucket is in a URL. Undefined or `auto`: in the path if there is an endpoint, until
   * the server demands otherwise.
   */
  readonly addressing?: 'auto' | 'path' | 'virtual' | undefined
  /** Path of PEM certificates to trust instead of Node's own. */
  readonly caFile?: string | undefined
  /** Undefined: z3's STANDARD_IA on AWS, else the bucket's default. */
  readonly storageClass?: string | undefined
  /** Undefined: z3's bucket-owner-full-control on AWS, else none. */
  readonly acl?: string | undefined
  /** Tags of new objects: keys and values. */
  readonly tags?: readonly (readonly [key: string, value: string])[] | undefined
  /** Object Lock retention of new objects, from the start of the upload. */
  readonly retention?: LockRetention | undefined
  /** Object Lock legal hold of new objects. */
  readonly legalHold?: boolean | undefined
  /** Encryption of new objects by the server; undefined: the bucket's default. */
  readonly sse?: ServerEncryption | undefined
  /** Path of the key with which the server encrypts and decrypts objects (SSE-C). */
  readonly sseKeyFile?: string | undefined
  /** Nobody can modify the traffic, so a CRC-32 is sufficient protection. Undefined: with TLS. */
  readonly trustedWire?: boolean | undefined
  /** Maximum attempts per request; undefined: unlimited. */
  readonly attempts?: number | undefined
  /** How long to repeat requests while none succeeds, milliseconds. */
  readonly retryFor?: number | undefined
  readonly onRetry?: OnRetry | undefined
  /** Expected number of parallel connections. */
  readonly connections: number
  /** Bandwidth limit of all uploads together, and of all downloads together. */
  readonly rate?: RateSchedule | undefined
  /** Number of threads that send parts; undefined: one if there is a CPU for it. */
  readonly senders?: number | undefined
  /** Timeout for a connection, including TLS, milliseconds. */
  readonly connectTimeout?: number | undefined
  /** Timeout for a request that transfers no data, milliseconds. */
  readonly idleTimeout?: number | undefined
  /**
   * How long a Complete may take without a response, and how long to look for the object if the
   * response is lost, milliseconds.
   */
  readonly completeTimeout?: number | undefined
  /** For tests. */
  readonly clock?: Clock | undefined
  /** First pause between attempts, milliseconds. */
  readonly firstDelay?: number | undefined
}

/**
 * Servers assemble large objects for minutes without a response (MinIO, Ceph; AWS sends blanks).
 */
export const DEFAULT_COMPLETE_TIMEOUT = 10 * 60_000

/** Timeout for a request that transfers no data, milliseconds. */
export const DEFAULT_IDLE_TIMEOUT = 60_000

/** Timeout for a connection, milliseconds. */
export const DEFAULT_CONNECT_TIMEOUT = 8_000
