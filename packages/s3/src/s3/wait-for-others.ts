import type { Place } from './look-for-object.js'
import type { PendingUpload } from '../object-store.js'
import { isGone, listParts, pendingUploads } from './pending-uploads.js'

/** How long to wait, milliseconds. */
const PATIENCE = 10_000

/** Between two listings, milliseconds. */
const PAUSE = 200

/**
 * No Complete is under way whose last part is older, milliseconds: a run gives up after
 * `DEFAULT_COMPLETE_TIMEOUT`. What a dead run left behind delays only runs that follow at once.
 */
const ABANDONED = 15 * 60_000

/**
 * Wait until no other upload of a key is about to be completed. Where Complete ignores
 * If-None-Match, another run may have checked the key before our object stood, and replace our
 * object a moment later. That run had created its upload and sent all parts before its check, so
 * the upload is listed until its Complete has taken effect: an object that is checked after the
 * wait stays. Uploads that are listed without parts, or begin later, will find our object.
 *
 * Call it after our own Complete. A server that refuses the listings is not waited for.
 *
 * @param own the id of the upload that has just been completed
 * @returns whether another upload is pending still, so that our object may be replaced
 */
export async function waitForOthers(
  { s3, key, clock, signal }: Place,
  own: string,
): Promise<boolean> {
  const deadline = clock.now() + PATIENCE
  // the clock bounds the pauses, this the requests
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])
  let others: PendingUpload[] = []
  try {
    for (const upload of await list()) if (await isActive(upload)) others.push(upload)
    while (others.length > 0 && clock.now() < deadline) {
      await clock.sleep(PAUSE, bounded)
      const ids = new Set((await list()).map(({ uploadId }) => uploadId))
      others = others.filter(({ uploadId }) => ids.has(uploadId))
    }
  } catch {
    // the time is over, a signal has come, or the server refuses: the object is checked anyway
  }
  return others.length > 0

  async function list(): Promise<PendingUpload[]> {
    const found: PendingUpload[] = []
    for await (const upload of pendingUploads(s3, key, bounded)) {
      if (upload.key === key && upload.uploadId !== own) found.push(upload)
    }
    return found
  }

  /** Has it a part that is young enough, by the server's clock? */
  async function isActive(upload: PendingUpload): Promise<boolean> {
    const oldest = s3.clock.now().getTime() - ABANDONED
    try {
      for await (const { LastModified } of listParts(s3, upload, bounded)) {
        if (LastModified === undefined || LastModified.getTime() >= oldest) return true
      }
      return false
    } catch (error) {
      return !isGone(error)
    }
  }
}
