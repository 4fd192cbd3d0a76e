import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { crc32ToBase64 } from '../crc32.js'
import type { ObjectInfo } from '../object-store.js'
import { askSize } from './head-object.js'
import type { S3Connection } from './connection/s3-connection.js'

/** What is known of an object that stands at the key of an upload. */
type Owner = 'ours' | 'another' | 'unknown'

/**
 * Whose is the object? The nonce decides; where the server does not show it,
 * what was sent does. An ETag that is no MD5 of MD5s says nothing (SSE-KMS,
 * servers with hashes of their own), nor does the size alone.
 *
 * @param replied the ETag that Complete answered
 */
export function ownerOf(info: ObjectInfo, sent: SentObject, replied: string | undefined): Owner {
  if (info.nonce !== undefined && sent.nonce !== undefined) {
    return info.nonce === sent.nonce ? 'ours' : 'another'
  }
  const etags = [sent.etag, replied].filter((etag) => etag)
  if (etags.includes(info.etag)) return 'ours'
  if (info.size !== sent.size) return 'another'
  return info.crc32 !== undefined && info.crc32 === sent.crc32 ? 'ours' : 'unknown'
}

/**
 * Compare an object of our own with what was sent. Deleted is only what is
 * proved wrong, and nothing after an overwrite: the old object is gone already.
 *
 * @returns a line for the user where something is odd but not wrong
 * @throws Z3Error `size-mismatch`, `checksum-mismatch`; `checksum-missing`: it
 *   was promised at Create, and nothing else vouches for the data at rest
 */
export async function checkObject(
  s3: S3Connection,
  info: ObjectInfo,
  sent: SentObject,
  keep: boolean,
  signal: AbortSignal,
): Promise<string | undefined> {
  let found = info
  if (info.size !== sent.size) {
    // a proxy may have changed the length of the answer to HEAD
    const total = await askSize(s3, info.key, signal)
    if (total === sent.size) found = { ...info, size: total }
    else if (total !== info.size) throw differs(s3, info, sent, 'left')
  }
  const problem = mismatch(found, sent)
  if (problem === undefined) {
    if (sent.crc32 !== undefined && !info.hasChecksum) throw checksumMissing(s3, info.key)
    return found === info
      ? etagNote(info, sent)
      : `the server says ${String(info.size)} bytes of '${info.key}' to HEAD, and ${String(found.size)} to GET, which is right`
  }
  if (keep) throw differs(s3, found, sent, 'replaced')
  try {
    await s3.send(
      `delete '${info.key}'`,
      (options) =>
        s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: info.key }), options),
      signal,
    )
  } catch (error) {
    throw differs(s3, found, sent, 'undeletable', error)
  }
  throw differs(s3, found, sent, 'deleted')
}

function etagNote(info: ObjectInfo, sent: SentObject): string | undefined {
  const odd =
    isMultipartEtag(info.etag) &&
    isMultipartEtag(sent.etag) &&
    info.etag !== sent.etag &&
    info.crc32 === undefined
  return odd
    ? `the ETag of '${info.key}', ${info.etag}, is not the MD5 of its parts' MD5s; its size is right`
    : undefined
}

const HINTS = {
  deleted:
    'It was deleted again; run the backup again and report this to the operator of the server.',
  undeletable:
    'It may still exist, since deleting it failed: delete it, and report this to the operator of the server.',
  left: 'The object was kept; check it before you rely on it.',
  replaced:
    'It has replaced the object that was overwritten; run the backup again and report this to the operator of the server.',
} as const

/** Nothing is proved wrong: the object stays. */
function checksumMissing(s3: S3Connection, key: string): Z3Error {
  return new Z3Error(
    'checksum-missing',
    `'${key}' was completed, but could not be verified: the server promised to keep its CRC-32, and shows none (${s3.title})`,
    {
      hint: 'The object stands and has the right size: read it back with z3-get before you rely on it, and look for a proxy on the way that removes headers.',
    },
  )
}

function differs(
  s3: S3Connection,
  info: ObjectInfo,
  sent: SentObject,
  what: keyof typeof HINTS,
  cause?: unknown,
): Z3Error {
  return new Z3Error(
    info.size === sent.size ? 'checksum-mismatch' : 'size-mismatch',
    `the completed object '${info.key}' ${mismatch(info, sent) ?? 'differs'} (${s3.title})`,
    { hint: HINTS[what], cause },
  )
}

/** What an upload has sent, as far as it can be compared. */
export interface SentObject {
  /** Bytes. */
  readonly size: number
  /** What the parts' ETags make; '' where they are no MD5s. */
  readonly etag: string
  /** CRC-32 of the whole, where the server keeps one. */
  readonly crc32: number | undefined
  /** Of the metadata; undefined where there was no room for it. */
  readonly nonce: string | undefined
}

/**
 * Compare what stands at a key with what was sent. The ETag does not count:
 * every part was signed or checksummed on its way, and servers that have
 * another kind of ETag do not say so.
 *
 * @returns in words how they differ, undefined if they do not
 */
export function mismatch(info: ObjectInfo, sent: SentObject): string | undefined {
  if (info.size !== sent.size) {
    return `holds ${String(info.size)} bytes, ${String(sent.size)} were sent`
  }
  if (info.crc32 === undefined || sent.crc32 === undefined) return undefined
  if (info.crc32 === sent.crc32) return undefined
  return `has the CRC-32 ${crc32ToBase64(info.crc32)}, ${crc32ToBase64(sent.crc32)} was sent`
}

/** MD5 of MD5s: what AWS and most of its clones give. */
function isMultipartEtag(etag: string): boolean {
  return /^"[0-9a-f]{32}-\d+"$/.test(etag)
}
