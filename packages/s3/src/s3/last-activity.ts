import type { PendingUpload } from '../object-store.js'
import type { S3Connection } from './connection/s3-connection.js'
import { isGone, listParts } from './list-parts.js'

/**
 * When something was last added to a pending upload, as the server's clock
 * says: ObjectStore.lastActivity. All pages are read, since the newest part may
 * be any of them: parts are sent several at once, and some again.
 */
export async function lastActivity(
  s3: S3Connection,
  upload: PendingUpload,
  signal?: AbortSignal,
): Promise<Date | undefined> {
  let newest = upload.initiated
  try {
    for await (const { LastModified } of listParts(s3, upload, signal)) {
      // a part of no time may be of just now
      if (LastModified === undefined) return undefined
      if (newest === undefined || LastModified > newest) newest = LastModified
    }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
  return newest
}
