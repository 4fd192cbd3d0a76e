import { ListPartsCommand, type Part } from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import type { PendingUpload } from '../object-store.js'
import type { S3Connection } from './connection/s3-connection.js'

/**
 * The parts of a pending upload, by number.
 *
 * @throws Z3Error `no-such-upload`, or `no-such-key` as swift has it (`isGone`);
 *   `store-rejected` where the listing cannot be continued
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
    // the marker is left out by some servers; others have given one that
    // begins the same page again, without end
    marker = Number(page.NextPartNumberMarker ?? Parts.at(-1)?.PartNumber)
    if (!(marker > from)) {
      throw new Z3Error(
        'store-rejected',
        `cannot ${doing}: the server does not say where the next page begins (${s3.title})`,
        {
          hint: 'Check whether another run uses it; if not, abort it by hand.',
        },
      )
    }
  }
}

/** Is the upload over? `no-such-key` is a bare 404, as swift answers then. */
export function isGone(error: unknown): boolean {
  return error instanceof Z3Error && ['no-such-upload', 'no-such-key'].includes(error.code)
}
