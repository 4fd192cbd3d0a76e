import type { OnRetry } from './retry.js'

/** Where a bucket is and how to talk to its server. */
export interface S3Options {
  readonly bucket: string
  /** URL; none means AWS. */
  readonly endpoint?: string | undefined
  /** None: the SDK's own chain, or `us-east-1` where an endpoint is given. */
  readonly region?: string | undefined
  /** None: the SDK's own chain (environment, profile, SSO, instance role). */
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined
  /** None: z3's STANDARD_IA on AWS, the bucket's default elsewhere. */
  readonly storageClass?: string | undefined
  /** None: z3's bucket-owner-full-control on AWS, nothing elsewhere. */
  readonly acl?: string | undefined
  /**
   * Nobody can tamper with the connection, so that a CRC-32 protects a part
   * well enough. None: over TLS.
   */
  readonly trustedWire?: boolean | undefined
  /** Attempts of one request at most, the first included. */
  readonly attempts: number
  readonly onRetry?: OnRetry | undefined
  /** Connections that will be wanted at once. */
  readonly connections: number
  /** A request that moves no byte for so long is cut, milliseconds. */
  readonly idleTimeout?: number | undefined
  /** First pause between attempts, milliseconds. */
  readonly firstDelay?: number | undefined
}

/** A request that moves no byte for so long is cut and made again. */
export const DEFAULT_IDLE_TIMEOUT = 60_000

/** How long a connection may take to stand, TLS included, milliseconds. */
export const CONNECTION_TIMEOUT = 5_000
