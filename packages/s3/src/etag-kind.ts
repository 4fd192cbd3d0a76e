import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { Profile } from './profiles.js'

/** What an ETag is: an MD5 (of the body, or of its parts' MD5s), or not known to be one, or none. */
export type EtagKind = 'md5' | 'unknown' | 'other'

/**
 * radosgw and Swift number their requests in this form, and compute the MD5 of
 * every body (Ceph: RGWPutObj::execute; Swift: s3api, multi_upload.py).
 */
const CEPH_OR_SWIFT = /^tx[0-9a-f]{21}-[0-9a-f]{10}/

/** Directory buckets of AWS: their ETags are no MD5s (AWS: API of PutObject). */
const DIRECTORY_BUCKET = /--x-s3$/

/**
 * Which kind of ETag does an object have? With SSE-KMS and SSE-C it is no MD5
 * (AWS: "Checking object integrity"); elsewhere that depends on the server, and
 * an ETag of another kind may look the same.
 */
export function etagKind(
  reply: HeadObjectCommandOutput,
  bucket: string,
  profile: Profile,
): EtagKind {
  const encrypted =
    reply.ServerSideEncryption?.startsWith('aws:') === true ||
    reply.SSECustomerAlgorithm !== undefined
  if (encrypted || !/^"[0-9a-f]{32}(-[1-9]\d*)?"$/.test(reply.ETag ?? '')) return 'other'
  const known = profile.md5Etags
    ? !DIRECTORY_BUCKET.test(bucket)
    : CEPH_OR_SWIFT.test(reply.$metadata.requestId ?? '')
  return known ? 'md5' : 'unknown'
}

/** @returns undefined: it is the hash of the whole */
export function partsOfEtag(etag: string): number | undefined {
  const count = /-(\d+)"$/.exec(etag)?.[1]
  return count === undefined ? undefined : Number(count)
}
