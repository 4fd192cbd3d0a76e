import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { crc32ToBase64 } from '../crc32.js'
import type { Part } from '../object-store.js'
import { errorName, httpStatus } from './connection/s3-error.js'

/** In the order in which they are tried. */
const KINDS = ['none', 'crc32', 'md5'] as const

type Headers = Readonly<{ ChecksumCRC32?: string; ContentMD5?: string }>

/**
 * The checksum sent with every part if none was agreed at Create. Buckets with Object Lock require
 * one (AWS: "Amazon S3 Object Lock considerations", PUT requests); a server's demand is remembered
 * for the run. Content-MD5 is last, since it costs three times a SHA-256.
 */
export class PartChecksum {
  #kind: (typeof KINDS)[number] = 'none'

  /** Whether to compute a CRC-32 while the part is read. */
  get wantsCrc32(): boolean {
    return this.#kind === 'crc32'
  }

  /** The headers for a part. */
  headers({ body, digest }: Part): Headers {
    if (this.#kind === 'crc32') {
      return { ChecksumCRC32: crc32ToBase64(digest.crc32 ?? crc32(body)) }
    }
    if (this.#kind === 'md5') {
      return { ContentMD5: createHash('md5').update(body).digest('base64') }
    }
    return {}
  }

  /**
   * Adapt to a refused part.
   *
   * @param sent headers of that part
   * @returns whether to send it again
   */
  learn(error: unknown, sent: Headers): boolean {
    if (!isDemand(error)) return false
    const tried =
      sent.ContentMD5 !== undefined ? 'md5' : sent.ChecksumCRC32 !== undefined ? 'crc32' : 'none'
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
