import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { listPages } from './list-pages.js'
import type { PendingUpload } from '../object-store.js'
import type { S3Connection } from './connection/s3-connection.js'

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
