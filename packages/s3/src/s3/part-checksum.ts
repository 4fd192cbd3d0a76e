import { crc32ToBase64 } from '../crc32.js'
import type { PartDigest } from '../multipart-upload.js'
import { errorName, httpStatus } from './connection/s3-error.js'

/** In the order in which they are tried. */
const KINDS = ['none', 'crc32', 'md5'] as const

type Kind = (typeof KINDS)[number]

/** The header of a checksum, in an input of the SDK or on the wire. */
export interface ChecksumHeader {
  readonly name: 'ChecksumCRC32' | 'ContentMD5'
  readonly wire: 'x-amz-checksum-crc32' | 'content-md5'
  readonly value: string
}

/** The header for a hash that was computed; undefined for `none`. */
export function checksumHeader(kind: Kind, digest: PartDigest): ChecksumHeader | undefined {
  if (kind === 'crc32' && digest.crc32 !== undefined) {
    const value = crc32ToBase64(digest.crc32)
    return { name: 'ChecksumCRC32', wire: 'x-amz-checksum-crc32', value }
  }
  if (kind === 'md5' && digest.md5 !== undefined) {
    return { name: 'ContentMD5', wire: 'content-md5', value: digest.md5 }
  }
  return undefined
}

/**
 * The checksum sent with every part if none was agreed at Create. Buckets with Object Lock require
 * one (AWS: "Amazon S3 Object Lock considerations", PUT requests); a server's demand is remembered
 * for the run. Content-MD5 is last, since it costs three times a SHA-256.
 */
export class PartChecksum {
  #kind: Kind = 'none'

  /** The checksum that the server wants, as far as known. */
  get kind(): Kind {
    return this.#kind
  }

  /**
   * Adapt to a refused part.
   *
   * @param tried the checksum of that part
   * @returns whether to send it again
   */
  learn(error: unknown, tried: Kind): boolean {
    if (!isDemand(error)) return false
    // another part, sent at the same time, may have changed it already
    if (this.#kind === tried) {
      const next = KINDS[KINDS.indexOf(tried) + 1]
      if (next === undefined) return false
      this.#kind = next
    }
    return this.#kind !== tried
  }
}

/** Whether a refusal asks for a checksum. Servers use different codes. */
function isDemand(error: unknown): boolean {
  const status = httpStatus(error)
  if (status !== 400 && status !== 501) return false
  const message = error instanceof Error ? error.message : ''
  return (
    errorName(error) === 'MissingContentMD5' ||
    /content-?md5|checksum|x-amz-sdk|object ?lock/i.test(message)
  )
}
