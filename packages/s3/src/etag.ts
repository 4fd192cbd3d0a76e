import { createHash } from 'node:crypto'
import type { Profile } from './profiles.js'
import type { HeadReply } from './s3/send/parse-head.js'

/** Kind of an ETag: an MD5 (of the body, or of the parts' MD5s), unknown, or something else. */
export type EtagKind = 'md5' | 'unknown' | 'other'

/**
 * Request ids of this form come from radosgw and Swift, which compute the MD5 of every body (Ceph:
 * RGWPutObj::execute; Swift: s3api, multi_upload.py).
 */
const CEPH_OR_SWIFT = /^tx[0-9a-f]{21}-[0-9a-f]{10}/

/** Directory buckets of AWS: their ETags are not MD5s (AWS: API of PutObject). */
export function isDirectoryBucket(bucket: string): boolean {
  return bucket.endsWith('--x-s3')
}

/**
 * The kind of an object's ETag. With SSE-KMS and SSE-C it is not an MD5 (AWS: "Checking object
 * integrity"); otherwise it depends on the server, and another kind of ETag may look the same.
 */
export function etagKind(reply: HeadReply, bucket: string, profile: Profile): EtagKind {
  const encrypted =
    reply.ServerSideEncryption?.startsWith('aws:') === true ||
    reply.SSECustomerAlgorithm !== undefined
  if (encrypted || !/^"[0-9a-f]{32}(-[1-9]\d*)?"$/.test(reply.ETag ?? '')) return 'other'
  const known = profile.md5Etags
    ? !isDirectoryBucket(bucket)
    : CEPH_OR_SWIFT.test(reply.$metadata.requestId ?? '')
  return known ? 'md5' : 'unknown'
}

/** @returns undefined if it is the hash of the whole object */
export function partsOfEtag(etag: string): number | undefined {
  const count = /-(\d+)"$/.exec(etag)?.[1]
  return count === undefined ? undefined : Number(count)
}

/**
 * The ETag of a multipart object: the MD5 of the parts' MD5s, then their number (AWS: "Checking
 * object integrity", ETags of multipart uploads), computed from the ETags of the parts.
 *
 * @param partEtags in the order of the parts, with or without quotes
 * @returns with quotes; '' if a part's ETag is not an MD5
 */
export function multipartEtag(partEtags: readonly string[]): string {
  const md5 = createHash('md5')
  for (const etag of partEtags) {
    const hex = etag.replaceAll('"', '')
    if (!/^[0-9a-f]{32}$/i.test(hex)) return ''
    md5.update(hex, 'hex')
  }
  return `"${md5.digest('hex')}-${String(partEtags.length)}"`
}

/** Computes the ETag of an object from its data, in order. */
export class EtagDigest {
  readonly #sizes: readonly number[] | undefined
  /** Over the parts' MD5s. */
  readonly #whole = createHash('md5')
  #part = createHash('md5')
  #parts = 1
  /** Remaining bytes of the part. */
  #left: number

  /** @param sizes part sizes, bytes; undefined: the ETag is the MD5 of the object */
  constructor(sizes: readonly number[] | undefined) {
    this.#sizes = sizes
    this.#left = this.#size()
  }

  update(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.byteLength) {
      if (this.#left === 0) {
        this.#whole.update(this.#part.digest())
        this.#part = createHash('md5')
        this.#parts++
        this.#left = this.#size()
      }
      const step = Math.min(this.#left, bytes.byteLength - at)
      this.#part.update(bytes.subarray(at, at + step))
      this.#left -= step
      at += step
    }
  }

  /** The ETag of all bytes, with quotes. */
  end(): string {
    const last = this.#part.digest()
    if (!this.#sizes) return `"${last.toString('hex')}"`
    return `"${this.#whole.update(last).digest('hex')}-${String(this.#parts)}"`
  }

  #size(): number {
    return this.#sizes?.[this.#parts - 1] ?? Infinity
  }
}
