import { reasonOf } from '../upload-errors.js'
import { httpStatus, mayBeUnderWay } from './connection/s3-error.js'
import type { PendingUpload } from '../object-store.js'
import { abortUpload, listParts, pendingUploads } from './pending-uploads.js'
import type { S3Connection } from './connection/s3-connection.js'

/** Times of a listing have whole seconds, and the Date header has, too. */
const TOLERANCE = 2_000

/** How long looking for them may take, milliseconds. */
const PATIENCE = 4_000

/** What a Create answers, as far as it counts here. */
interface Begun {
  readonly UploadId?: string | undefined
}

/**
 * Uploads that a Create without a reply may have begun: nobody knows their ids,
 * and they would stay for ever. Ours is one of this key that was begun while
 * we asked, and to which nobody has added a part since.
 */
export class LostCreates {
  readonly #s3: S3Connection
  readonly #key: string
  readonly #onNote: (line: string) => void
  /** When the first and the last of them may have been begun, by the time of this host. */
  #first: number | undefined
  #last = 0
  /** Creates that may be carried out later still: they have no answer. */
  #unanswered = 0
  /** Ids that came, though perhaps too late for who had asked. */
  readonly #known: string[] = []

  constructor(s3: S3Connection, key: string, onNote: (line: string) => void) {
    this.#s3 = s3
    this.#key = key
    this.#onNote = onNote
  }

  /** Carry out a Create, and remember whether its reply was lost. */
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
   * Abort what was left, and say so; say what may come still. Does nothing a
   * second time.
   *
   * @param own the upload that goes on, or has ended by itself
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
        `a lost reply may have left an upload of '${this.#key}' pending, see z3 cleanup: ${reasonOf(error)}`,
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
      this.#onNote(`an upload of '${upload.key}' that a lost reply had left behind was aborted`)
    }
    if (this.#unanswered > 0) throw new Error('no such upload is listed so far')
  }

  /** Those that were begun while we asked, by the server's clock. */
  async #pending(first: number, signal: AbortSignal): Promise<PendingUpload[]> {
    const found: PendingUpload[] = []
    for await (const upload of pendingUploads(this.#s3, this.#key, signal)) {
      if (upload.key !== this.#key) continue
      const ahead = this.#s3.clock.now().getTime() - Date.now()
      const time = upload.initiated?.getTime() ?? NaN
      // a time that is not known proves nothing, and compares as false
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

/** Does an answer that is a failure leave a doubt? Not one in the words of S3. */
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
