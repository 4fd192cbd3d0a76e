import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type Part,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import type { PendingUpload } from '../object-info.js'
import type { S3Connection } from './connection/s3-connection.js'
import { errorName, httpStatus } from './connection/s3-error.js'
import { listPages } from './list-pages.js'

/**
 * The pending multipart uploads whose keys begin with a prefix.
 *
 * @throws Z3Error of `listPages`
 */
export async function* pendingUploads(
  s3: S3Connection,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<PendingUpload> {
  const pages = listPages(
    s3,
    {
      doing: 'list pending uploads',
      request: (from: { KeyMarker: string; UploadIdMarker?: string } | undefined, options) =>
        s3.client.send(
          new ListMultipartUploadsCommand({
            Bucket: s3.bucket,
            Prefix: prefix,
            ...from,
          }),
          options,
        ),
      next: ({ NextKeyMarker: key, NextUploadIdMarker: id }) =>
        key ? { KeyMarker: key, ...(id ? { UploadIdMarker: id } : {}) } : undefined,
    },
    signal,
  )
  for await (const { Uploads = [] } of pages) {
    for (const { Key, UploadId, Initiated } of Uploads) {
      if (Key === undefined || UploadId === undefined) continue
      yield { key: Key, uploadId: UploadId, initiated: Initiated }
    }
  }
}

/**
 * The parts of a pending upload, by number. `paginateListParts` would take a page without
 * NextPartNumberMarker, as some servers send it, for the last one: see `listPages`.
 *
 * @throws Z3Error `no-such-upload`, or `no-such-key` with Swift (`isGone`); `store-rejected` if the
 *   listing cannot be continued
 */
export async function* listParts(
  s3: S3Connection,
  upload: PendingUpload,
  signal?: AbortSignal,
): AsyncGenerator<Part> {
  const doing = `list the parts of the upload of '${upload.key}'`
  let marker = 0
  for (;;) {
    const from = marker
    const { Parts = [], ...page } = await s3.send(
      doing,
      (options) =>
        s3.client.send(
          new ListPartsCommand({
            Bucket: s3.bucket,
            Key: upload.key,
            UploadId: upload.uploadId,
            ...(from === 0 ? {} : { PartNumberMarker: String(from) }),
          }),
          options,
        ),
      signal,
    )
    yield* Parts
    if (!page.IsTruncated) return
    // some servers omit the marker; others return one that repeats the same page forever
    marker = Number(page.NextPartNumberMarker ?? Parts.at(-1)?.PartNumber)
    if (!(marker > from)) {
      throw new Z3Error(
        'store-rejected',
        `cannot ${doing}: the server does not say where the next page begins (${s3.title})`,
        {
          hint: 'Check whether another run uses the upload; if not, abort it manually.',
        },
      )
    }
  }
}

/** Whether the upload is over. `no-such-key` is a bare 404, the response of Swift. */
export function isGone(error: unknown): boolean {
  return error instanceof Z3Error && ['no-such-upload', 'no-such-key'].includes(error.code)
}

/**
 * When the last part was added to a pending upload, by the server's clock:
 * ObjectStore.lastActivity. Reads all pages, since parts are sent in parallel and repeated, so any
 * part may be the newest.
 */
export async function lastActivity(
  s3: S3Connection,
  upload: PendingUpload,
  signal?: AbortSignal,
): Promise<Date | undefined> {
  let newest = upload.initiated
  try {
    for await (const { LastModified } of listParts(s3, upload, signal)) {
      // a part without a time may be new
      if (LastModified === undefined) return undefined
      if (newest === undefined || LastModified > newest) newest = LastModified
    }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
  return newest
}

/**
 * Abort a multipart upload. A nonexistent one is not an error. A 404 or 200 may come from a proxy:
 * the listing then shows whether the upload is gone.
 *
 * @throws Z3Error `store-rejected` if the upload is still listed
 */
export async function abortUpload(
  s3: S3Connection,
  address: { readonly key: string; readonly uploadId: string },
  signal?: AbortSignal,
): Promise<void> {
  const { key, uploadId } = address
  const doing = `abort the upload of '${key}'`
  const command = new AbortMultipartUploadCommand({
    Bucket: s3.bucket,
    Key: key,
    UploadId: uploadId,
  })
  const certain = await s3.send(
    doing,
    async (options) => {
      try {
        const { $metadata } = await s3.client.send(command, options)
        return $metadata.httpStatusCode === 204
      } catch (error) {
        // Swift returns a bare 404 for a completed upload
        const gone = httpStatus(error) === 404
        if (!gone || errorName(error) === 'NoSuchBucket') throw error
        return errorName(error) === 'NoSuchUpload'
      }
    },
    signal,
  )
  if (certain) return
  for await (const listed of pendingUploads(s3, key, signal)) {
    if (listed.key !== key || listed.uploadId !== uploadId) continue
    throw new Z3Error(
      'store-rejected',
      `cannot ${doing}: the server still lists it (${s3.title})`,
      { hint: "Run 'z3 cleanup' later." },
    )
  }
}
