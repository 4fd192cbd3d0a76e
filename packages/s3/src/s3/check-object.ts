import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { crc32ToBase64 } from '../crc32.js'
import type { ObjectInfo } from '../object-info.js'
import { askSize } from './head-object.js'
import type { S3Connection } from './connection/s3-connection.js'

/** Owner of the object at the key of an upload. */
type Owner = 'ours' | 'another' | 'unknown'

/**
 * Whose object it is. The nonce decides; if the server does not return it, the ETag and CRC-32 of
 * the sent data do. An ETag that is not an MD5 of MD5s proves nothing (SSE-KMS, servers with other
 * hashes), nor does the size alone.
 *
 * @param replied the ETag in the response to Complete
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
 * Compare our own object with what was sent. Deletes only what is proved wrong, and nothing after
 * an overwrite, since the old object no longer exists.
 *
 * @returns a note about something unusual that is not wrong
 * @throws Z3Error `size-mismatch`, `checksum-mismatch`; `checksum-missing`: promised at Create, and
 *   nothing else protects the stored data
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
    // a proxy may have changed the Content-Length of the response to HEAD
    const total = await askSize(s3, info.key, signal)
    if (total === sent.size) found = { ...info, size: total }
    else if (total !== info.size) throw differs(s3, info, sent, 'left')
  }
  const problem = mismatch(found, sent)
  if (problem === undefined) {
    if (sent.crc32 !== undefined && !info.hasChecksum) throw checksumMissing(s3, info.key)
    return found === info
      ? etagNote(info, sent)
      : `the server reports ${String(info.size)} bytes for '${info.key}' in HEAD and ${String(found.size)} in GET, which is correct`
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
    // with SSE-KMS and SSE-C, it is none
    info.etagKind !== 'other' &&
    info.crc32 === undefined
  return odd
    ? `the ETag of '${info.key}', ${info.etag}, is not the MD5 of its parts' MD5s; the size is correct`
    : undefined
}

const HINTS = {
  deleted:
    'The object was deleted: retry the backup, and report this to the operator of the server.',
  undeletable:
    'The object could not be deleted and may still exist: delete it, and report this to the operator of the server.',
  left: 'The object was kept: check it before you rely on it.',
  replaced:
    'It has replaced the overwritten object: retry the backup, and report this to the operator of the server.',
} as const

/** Nothing is proved wrong: the object stays. */
function checksumMissing(s3: S3Connection, key: string): Z3Error {
  return new Z3Error(
    'checksum-missing',
    `'${key}' was completed, but could not be verified: the server promised a CRC-32 but reports none (${s3.title})`,
    {
      hint: 'The object exists with the correct size: read it with z3-get before you rely on it, and check for a proxy that removes headers.',
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

/** What an upload sent, for comparison. */
export interface SentObject {
  /** Bytes. */
  readonly size: number
  /** Computed from the parts' ETags; '' if they are not MD5s. */
  readonly etag: string
  /** CRC-32 of the whole object, if the server keeps one. */
  readonly crc32: number | undefined
  /** In the metadata; undefined if it did not fit. */
  readonly nonce: string | undefined
}

/**
 * Compare the object at a key with what was sent. Ignores the ETag: every part was signed or
 * checksummed in transit, and servers with another kind of ETag do not say so.
 *
 * @returns a description of the difference; undefined if there is none
 */
export function mismatch(info: ObjectInfo, sent: SentObject): string | undefined {
  if (info.size !== sent.size) {
    return `has ${String(info.size)} bytes instead of ${String(sent.size)}`
  }
  if (info.crc32 === undefined || sent.crc32 === undefined) return undefined
  if (info.crc32 === sent.crc32) return undefined
  return `has the CRC-32 ${crc32ToBase64(info.crc32)} instead of ${crc32ToBase64(sent.crc32)}`
}

/** MD5 of MD5s: AWS and most compatible servers. */
function isMultipartEtag(etag: string): boolean {
  return /^"[0-9a-f]{32}-\d+"$/.test(etag)
}
