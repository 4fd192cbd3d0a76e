import { GetObjectCommand } from '@aws-sdk/client-s3'
import { readArchiveState, Z3Error } from '@z3/core'
import { crc32FromBase64 } from '../crc32.js'
import { etagKind } from '../etag.js'
import type { ObjectInfo } from '../object-info.js'
import { errorName, httpStatus } from './connection/s3-error.js'
import type { S3Connection, SendOptions } from './connection/s3-connection.js'
import type { HeadReply } from './send/parse-head.js'
import { parseStorageClass } from './list-pages.js'
import { splitNonce } from './upload-metadata.js'

/**
 * HEAD of an object.
 *
 * @param version undefined: the latest
 */
export async function headObject(
  s3: S3Connection,
  key: string,
  signal?: AbortSignal,
  version?: string,
): Promise<ObjectInfo> {
  const address = { Bucket: s3.bucket, Key: key, ...versionOf(version) }
  const reply = await send(s3, address, signal)
  return {
    key,
    ...(version === undefined ? {} : { version }),
    // compressing proxies answer a HEAD without a length, or with 0
    size: reply.ContentLength || (await findSize(s3, reply, address, signal)),
    etag: reply.ETag ?? '',
    ...splitNonce(reply.Metadata),
    modified: reply.LastModified,
    crc32: reply.ChecksumType === 'COMPOSITE' ? undefined : crc32FromBase64(reply.ChecksumCRC32),
    // radosgw 20 calls the checksum of a single part composite, and older servers know no other
    // type
    hasChecksum: reply.ChecksumCRC32 !== undefined,
    etagKind: etagKind(reply, s3.bucket, s3.profile),
    versionId: reply.VersionId,
    lockedUntil: reply.ObjectLockRetainUntilDate,
    legalHold: reply.ObjectLockLegalHoldStatus === 'ON',
    archive: readArchiveState({
      storageClass: parseStorageClass(reply.StorageClass),
      archiveStatus: reply.ArchiveStatus,
      restore: reply.Restore,
    }),
  }
}

/**
 * Whether the key has an object. A 404 is not verified by a second request, so the answer is false
 * if the bucket does not exist, too: the caller's next request (Create, Complete) reports that.
 */
export async function hasObject(
  s3: S3Connection,
  key: string,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    const address = { Bucket: s3.bucket, Key: key }
    await send(s3, address, signal, (error) => httpStatus(error) === 404)
    return true
  } catch (error) {
    if (error instanceof Z3Error && error.code === 'no-such-key') return false
    throw error
  }
}

interface Address {
  readonly Bucket: string
  readonly Key: string
  readonly VersionId?: string
}

/** The member of a request that names a version. */
export function versionOf(version: string | undefined): Pick<Address, 'VersionId'> {
  return version === undefined ? {} : { VersionId: version }
}

/** @param isClear whether an error needs no explanation */
function send(
  s3: S3Connection,
  address: Address,
  signal?: AbortSignal,
  isClear: (error: unknown) => boolean = () => false,
): Promise<HeadReply> {
  const look = async (options: SendOptions) => {
    try {
      return await s3.heads.send(address.Key, address.VersionId, options.abortSignal)
    } catch (error) {
      if (isClear(error)) throw error
      // the response to a HEAD has no body, so it cannot distinguish a missing key from a missing
      // bucket, or a wrong secret from a policy
      throw await explain(s3, address, error, options)
    }
  }
  return s3.send(`check '${address.Key}'`, look, signal)
}

/**
 * The size of an object of which a HEAD reports none, or 0.
 *
 * @throws Z3Error of `askSize`
 */
async function findSize(
  s3: S3Connection,
  { ContentLength: reported }: HeadReply,
  { Key, VersionId }: Address,
  signal: AbortSignal | undefined,
): Promise<number> {
  try {
    return await askSize(s3, Key, signal, VersionId)
  } catch (error) {
    // the HEAD alone tells
    const isArchived = error instanceof Z3Error && error.code === 'object-archived'
    if (isArchived && reported !== undefined) return reported
    throw error
  }
}

/**
 * Get the size of an object from a GET of its first byte: Content-Range contains the total size.
 *
 * @throws Z3Error `store-rejected` if that has no size either
 */
export async function askSize(
  s3: S3Connection,
  key: string,
  signal?: AbortSignal,
  version?: string,
): Promise<number> {
  const doing = `get the size of '${key}'`
  const ask = async (options: SendOptions) => {
    try {
      const reply = await s3.client.send(
        new GetObjectCommand({
          Bucket: s3.bucket,
          Key: key,
          ...versionOf(version),
          Range: 'bytes=0-0',
        }),
        options,
      )
      const body = reply.Body as { destroy?: () => void } | undefined
      body?.destroy?.()
      const total = wholeSize(reply.ContentRange)
      if (total !== undefined) return total
      // the whole object, from a server that ignores ranges
      return reply.$metadata.httpStatusCode === 200 ? reply.ContentLength : undefined
    } catch (error) {
      // an empty object has no first byte
      const whole = wholeSize(rangeOfError(error))
      if (httpStatus(error) === 416 && whole === 0) return 0
      throw error
    }
  }
  const size = await s3.send(doing, ask, signal)
  if (size !== undefined) return size
  throw new Z3Error(
    'store-rejected',
    `cannot ${doing}: the response has neither Content-Length nor Content-Range (${s3.title})`,
    { hint: 'Check for a proxy that removes headers.' },
  )
}

/** Repeat the request with GET, whose error has a body. */
async function explain(
  s3: S3Connection,
  address: Address,
  error: unknown,
  options: SendOptions,
): Promise<unknown> {
  if (!(error instanceof Error) || !('$metadata' in error)) return error
  try {
    const reply = await s3.client.send(
      new GetObjectCommand({ ...address, Range: 'bytes=0-0' }),
      options,
    )
    const body = reply.Body as { destroy?: () => void } | undefined
    body?.destroy?.()
    return error
  } catch (explained) {
    // a GET of an archived object fails, whatever the HEAD met
    return errorName(explained) === 'InvalidObjectState' ? error : explained
  }
}

/** The total in `bytes 0-0/1234`, and in `bytes *` + `/0` of an empty object. */
function wholeSize(contentRange: string | undefined): number | undefined {
  const total = /^bytes [^/]+\/(\d+)$/.exec(contentRange ?? '')?.[1]
  return total === undefined ? undefined : Number(total)
}

function rangeOfError(error: unknown): string | undefined {
  const { $response } = error as {
    $response?: { headers?: Readonly<Record<string, string>> }
  }
  return $response?.headers?.['content-range']
}
