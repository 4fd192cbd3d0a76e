import { ownerOf, type SentObject } from './check-object.js'
import { completionUnknown, objectExists } from '../upload-errors.js'
import { lookAtOnce, lookForObject, type Place } from './look-for-object.js'
import type { ObjectInfo } from '../object-info.js'
import { reasonOfFailure } from './connection/explain-error.js'
import { errorName, httpStatus } from './connection/s3-error.js'

/** State after all attempts to complete an upload have failed. */
export interface FailedCompletion {
  readonly sent: SentObject
  /** Of the last attempt. */
  readonly error: unknown
  /** An attempt has reached the server, as far as known. */
  readonly reached: boolean
  /** An attempt got no response: it may have succeeded, or still succeed. */
  readonly lost: boolean
  /** How long to look for the object then, milliseconds. */
  readonly patience: number
}

/**
 * Find out whether the object exists although the last attempt to complete failed.
 *
 * @returns the object, which is ours
 * @throws Z3Error `object-exists`, the error for a refusal; `completion-unknown` if neither the
 *   response nor the key is conclusive
 */
export async function settleCompletion(
  place: Place,
  { sent, error, reached, lost, patience }: FailedCompletion,
): Promise<ObjectInfo> {
  const { s3, key, clock, signal } = place
  const refused = () => s3.explain(error, `complete the upload of '${key}'`)
  if (!reached) {
    signal.throwIfAborted()
    throw refused()
  }
  const isOurs = (info: ObjectInfo) => ownerOf(info, sent, '') === 'ours'
  // a refusal may also come from a proxy, long after the server has completed it
  const last = await lookForObject(place, isOurs, lost ? clock.now() + patience : undefined)
  if (last.info && isOurs(last.info)) return last.info
  const reason: unknown = signal.aborted
    ? signal.reason
    : new Error(reasonOfFailure(error), { cause: error })
  if (lost) {
    const atLast = signal.aborted ? await lookAtOnce(place) : undefined
    if (atLast && isOurs(atLast)) return atLast
    throw completionUnknown(key, last.info ? new Error('the key contains another object') : reason)
  }
  signal.throwIfAborted()
  if (last.info && isConflict(error)) throw objectExists(s3, key, error)
  // the request was certainly refused
  const another = last.info !== undefined && ownerOf(last.info, sent, '') === 'another'
  if (last.absent || another || isConflict(error)) throw refused()
  throw completionUnknown(key, reason)
}

function isConflict(error: unknown): boolean {
  return httpStatus(error) === 412 || errorName(error) === 'ConditionalRequestConflict'
}
