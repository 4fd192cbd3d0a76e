import { createHash } from 'node:crypto'
import { humanSize, Z3Error } from '@z3/core'
import type { UploadRecord } from '../multipart-upload.js'
import { reasonOf } from '../upload-errors.js'
import type { S3Connection } from './connection/s3-connection.js'
import { abortUpload, isGone, listParts } from './pending-uploads.js'

/** A part that the server has, from an earlier run. */
export interface SentPart {
  /** Bytes. */
  readonly size: number
  /** As listed. */
  readonly etag: string
}

/** An upload that an earlier run began and did not end, and its parts by number. */
export interface Earlier {
  readonly record: UploadRecord
  readonly sent: ReadonlyMap<number, SentPart>
}

/** A server that will not list parts, so that all of them must be sent. */
const NO_ANSWER: ReadonlySet<string> = new Set(['access-denied', 'not-implemented'])

/** A hash of what an upload was created with. Only the same terms continue it. */
export function hashTerms(terms: object): string {
  return createHash('sha256').update(JSON.stringify(terms)).digest('hex')
}

/**
 * The upload of a record, if it is still pending and was created with the same terms. One with
 * others is aborted: the record proves that it is ours.
 *
 * @param terms of the upload that is to begin: `hashTerms`
 * @throws Z3Error of the store, other than that the upload is gone
 */
export async function findEarlier(
  s3: S3Connection,
  key: string,
  record: UploadRecord,
  terms: string,
  onNote: (line: string) => void,
  signal?: AbortSignal,
): Promise<Earlier | undefined> {
  const { uploadId } = record
  if (record.terms !== terms) {
    await abortUpload(s3, { key, uploadId }, signal).catch((error: unknown) => {
      signal?.throwIfAborted()
      onNote(`an earlier upload of '${key}' may be pending (see z3 cleanup): ${reasonOf(error)}`)
    })
    return undefined
  }
  const sent = new Map<number, SentPart>()
  try {
    const upload = { key, uploadId, initiated: undefined }
    for await (const { PartNumber, Size, ETag } of listParts(s3, upload, signal)) {
      if (PartNumber === undefined || Size === undefined || ETag === undefined) continue
      sent.set(PartNumber, { size: Size, etag: ETag })
    }
  } catch (error) {
    if (isGone(error)) return undefined
    if (!(error instanceof Z3Error) || !NO_ANSWER.has(error.code)) throw error
    onNote(`the earlier upload of '${key}' is not continued (see z3 cleanup): ${error.message}`)
    return undefined
  }
  const bytes = [...sent.values()].reduce((sum, { size }) => sum + size, 0)
  onNote(
    `continuing an earlier upload of '${key}': ${String(sent.size)} parts (${humanSize(bytes)}) are compared with the stream`,
  )
  return { record, sent }
}
