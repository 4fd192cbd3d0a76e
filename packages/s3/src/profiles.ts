import { AWS_PART_LIMITS, GIB, MIB, type PartLimits } from '@z3/core'

/** The maximum size of an object before AWS raised it in December 2025, bytes. */
const FIVE_TIB = 5 * 1024 * GIB

/** Where a provider's documentation says 5 TB and not TiB, bytes. */
const FIVE_TB = 5e12

/** Cloudflare R2, "Limits": 5 TiB less 5 GiB, bytes. */
const R2_MAX = FIVE_TIB - 5 * GIB

/**
 * What is known about a kind of S3 server. All differences between providers are in this table
 * (sources: docs/providers.md).
 */
export interface Profile {
  readonly name: string
  readonly limits: PartLimits
  /**
   * Request a CRC-32 of the whole object at Create. Only a server that echoes the request is
   * expected to keep one. `false` if the server refuses the request.
   */
  readonly askChecksum: boolean
  /** Sign the SHA-256 of every body, even over TLS and with a CRC-32. */
  readonly signPayload: boolean
  /** `If-None-Match: *` on Complete is known to be atomic. */
  readonly atomicComplete: boolean
  /** ETags are MD5s, except those of encrypted objects, which are marked. */
  readonly md5Etags?: boolean
  /** The bucket must be in the host name; path-style is refused. */
  readonly virtualHosts?: boolean
  /** Default storage class; z3's, on AWS only. */
  readonly storageClass?: string
  readonly acl?: string
}

const generic: Profile = {
  name: 'generic',
  limits: { ...AWS_PART_LIMITS, maxObject: FIVE_TIB },
  askChecksum: true,
  signPayload: false,
  atomicComplete: false,
}

const aws: Profile = {
  ...generic,
  name: 'aws',
  limits: AWS_PART_LIMITS,
  atomicComplete: true,
  md5Etags: true,
  storageClass: 'STANDARD_IA',
  acl: 'bucket-owner-full-control',
}

/** Matched against the endpoint's host name. */
const byHost: readonly (readonly [RegExp, Profile])[] = [
  [/(^|\.)amazonaws\.com(\.cn)?$/, aws],
  [
    /\.r2\.cloudflarestorage\.com$/,
    {
      ...generic,
      name: 'r2',
      limits: { ...AWS_PART_LIMITS, equalParts: true, maxObject: R2_MAX },
      atomicComplete: true,
      md5Etags: true,
    },
  ],
  [/\.(aliyuncs|myqcloud)\.com$/, { ...generic, name: 'virtual', virtualHosts: true }],
  [/\.backblazeb2\.com$/, { ...generic, name: 'b2', askChecksum: false }],
  [/(^|\.)storage\.googleapis\.com$/, { ...generic, name: 'gcs', askChecksum: false }],
  [
    /\.(digitaloceanspaces\.com|your-objectstorage\.com|tigris\.dev)$/,
    {
      ...generic,
      name: 'signed',
      askChecksum: false,
      signPayload: true,
      limits: { ...AWS_PART_LIMITS, maxObject: FIVE_TB },
    },
  ],
  [
    /\.scw\.cloud$/,
    {
      ...generic,
      name: 'scaleway',
      askChecksum: false,
      signPayload: true,
      limits: { ...AWS_PART_LIMITS, maxParts: 1000, maxObject: FIVE_TB },
    },
  ],
  [
    /(^|\.)storjshare\.io$/,
    {
      ...generic,
      name: 'storj',
      askChecksum: false,
      limits: { minPart: 64 * MIB, maxPart: 5 * GIB, maxParts: 10_000 },
    },
  ],
]

/** @param endpoint URL; undefined: AWS */
export function profileFor(endpoint: string | undefined): Profile {
  if (endpoint === undefined) return aws
  const host = new URL(endpoint).hostname
  return byHost.find(([pattern]) => pattern.test(host))?.[1] ?? generic
}
