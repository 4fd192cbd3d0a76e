import { grace, systemClock } from '../clock.js'
import type { Place } from './look-for-object.js'
import type { PendingUpload } from '../object-info.js'
import { isGone, listParts, pendingUploads } from './pending-uploads.js'

/** How long to wait, milliseconds. */
const PATIENCE = 10_000

/** Between two listings, milliseconds. */
const PAUSE = 200

/**
 * No Complete of an upload whose last part is older is in progress, milliseconds: a run gives up
 * after `DEFAULT_COMPLETE_TIMEOUT`. An upload of a dead run delays only runs that follow soon.
 */
const ABANDONED = 15 * 60_000

/**
 * Wait until no other upload of a key is about to be completed. If the server ignores
 * If-None-Match, another run may have checked the key before our object existed, and replace it a
 * moment later. That run had created its upload and sent all parts before its check, so the upload
 * is listed until its Complete has taken effect: an object that is checked after the wait stays.
 * Uploads that are listed without parts, or begin later, will find our object.
 *
 * Call it after our own Complete. If the server refuses the listings, there is no wait.
 *
 * @param own the id of the upload that has just been completed
 * @returns whether another upload is still pending, so our object may be replaced
 */
export async function waitForOthers(
  { s3, key, clock, signal }: Place,
  own: string,
): Promise<boolean> {
  const deadline = clock.now() + PATIENCE
  // the clock limits the pauses, this the requests
  const patience = grace(AbortSignal.abort(), PATIENCE, systemClock)
  const bounded = AbortSignal.any([signal, patience.signal])
  let others: PendingUpload[] = []
  try {
    for (const upload of await list()) if (await isActive(upload)) others.push(upload)
    while (others.length > 0 && clock.now() < deadline) {
      await clock.sleep(PAUSE, bounded)
      const ids = new Set((await list()).map(({ uploadId }) => uploadId))
      others = others.filter(({ uploadId }) => ids.has(uploadId))
    }
  } catch {
    // timeout, signal, or refused listing: the object is checked anyway
  } finally {
    patience.end()
  }
  return others.length > 0

  async function list(): Promise<PendingUpload[]> {
    const found: PendingUpload[] = []
    for await (const upload of pendingUploads(s3, key, bounded)) {
      if (upload.key === key && upload.uploadId !== own) found.push(upload)
    }
    return found
  }

  /** Whether it has a recent part, by the server's clock. */
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
