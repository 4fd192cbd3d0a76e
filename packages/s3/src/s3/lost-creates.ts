import { reasonOf } from '../upload-errors.js'
import { httpStatus, mayBeUnderWay } from './connection/s3-error.js'
import type { PendingUpload } from '../object-info.js'
import { abortUpload, listParts, pendingUploads } from './pending-uploads.js'
import type { S3Connection } from './connection/s3-connection.js'

/** Times in a listing and in the Date header are whole seconds. */
const TOLERANCE = 2_000

/** Time limit for finding them, milliseconds. */
const PATIENCE = 4_000

/** The relevant part of a response to Create. */
interface Begun {
  readonly UploadId?: string | undefined
}

/**
 * Uploads that a Create without a response may have begun: their ids are unknown, and they would
 * stay forever. Ours are those of this key that began while we sent the request and have no parts.
 */
export class LostCreates {
  readonly #s3: S3Connection
  readonly #key: string
  readonly #onNote: (line: string) => void
  /** When the first and the last of them may have begun, by this host's clock. */
  #first: number | undefined
  #last = 0
  /** Creates without a response, which may still be executed. */
  #unanswered = 0
  /** Ids that arrived, even if too late for the caller. */
  readonly #known: string[] = []

  constructor(s3: S3Connection, key: string, onNote: (line: string) => void) {
    this.#s3 = s3
    this.#key = key
    this.#onNote = onNote
  }

  /** Run a Create, and remember whether its response was lost. */
  async watch<T extends Begun>(create: () => Promise<T>): Promise<T> {
    const begun = Date.now()
    const remember = () => {
      this.#first ??= begun
      this.#last = Date.now()
    }
    try {
      const reply = await create()
      if (reply.UploadId) {
        this.#known.push(reply.UploadId)
      } else {
        remember()
        this.#unanswered++
      }
      return reply
    } catch (error) {
      const unanswered = mayBeUnderWay(error)
      if (unanswered || mayBeDone(error)) remember()
      if (unanswered) this.#unanswered++
      throw error
    }
  }

  /**
   * Abort the remaining uploads and report them; report those that may still appear. Does nothing
   * when called again.
   *
   * @param own the current upload
   */
  async abort(own: string | undefined): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE)
    try {
      for (const uploadId of this.#known.splice(0)) {
        if (uploadId === own) continue
        await abortUpload(this.#s3, { key: this.#key, uploadId }, signal)
      }
      await this.#abortUnknown(own, signal)
    } catch (error) {
      this.#onNote(
        `after a lost response, an upload of '${this.#key}' may be pending (see z3 cleanup): ${reasonOf(error)}`,
      )
    }
  }

  async #abortUnknown(own: string | undefined, signal: AbortSignal): Promise<void> {
    const first = this.#first
    if (first === undefined) return
    this.#first = undefined
    for (const upload of await this.#pending(first, signal)) {
      if (upload.uploadId === own) continue
      if (await hasParts(this.#s3, upload, signal)) continue
      await abortUpload(this.#s3, upload, signal)
      this.#unanswered--
      this.#onNote(`aborted an upload of '${upload.key}' that was left after a lost response`)
    }
    if (this.#unanswered > 0) throw new Error('no such upload is listed yet')
  }

  /** Those that began during our requests, by the server's clock. */
  async #pending(first: number, signal: AbortSignal): Promise<PendingUpload[]> {
    const found: PendingUpload[] = []
    for await (const upload of pendingUploads(this.#s3, this.#key, signal)) {
      if (upload.key !== this.#key) continue
      const ahead = this.#s3.clock.now().getTime() - Date.now()
      const time = upload.initiated?.getTime() ?? NaN
      // comparisons with an unknown time (NaN) are false
      const ours = time >= first + ahead - TOLERANCE && time <= this.#last + ahead + TOLERANCE
      if (ours) {
        found.push(upload)
      } else if (Number.isNaN(time + ahead)) {
        throw new Error('the server does not report when it was started')
      }
    }
    return found
  }
}

/** Whether a failed request may have been executed; false after an error response of S3. */
function mayBeDone(error: unknown): boolean {
  const { Code } = error as { Code?: string }
  const status = httpStatus(error) ?? 0
  return status >= 500 || (Code === undefined && status !== 404)
}

async function hasParts(
  s3: S3Connection,
  upload: PendingUpload,
  signal: AbortSignal,
): Promise<boolean> {
  const first = await listParts(s3, upload, signal).next()
  return !first.done
}
