import { ownerOf, type SentObject } from './check-object.js'
import { completionUnknown, objectExists } from '../upload-errors.js'
import { lookAtOnce, lookForObject, type Place } from './look-for-object.js'
import type { ObjectInfo } from '../object-store.js'
import { reasonOfFailure } from './connection/explain-error.js'
import { errorName, httpStatus } from './connection/s3-error.js'

/** What is known when no attempt to complete an upload has succeeded. */
export interface FailedCompletion {
  readonly sent: SentObject
  /** Of the last attempt. */
  readonly error: unknown
  /** An attempt has reached the server, as far as can be known. */
  readonly reached: boolean
  /** An attempt got no answer: it may have been, or may be, carried out. */
  readonly lost: boolean
  /** How long the object is looked for then, milliseconds. */
  readonly patience: number
}

/**
 * After the last attempt to complete an upload: does its object stand all the
 * same?
 *
 * @returns the object, which is ours
 * @throws Z3Error `object-exists`, what the refusal means; `completion-unknown`
 *   where neither it nor the key tells
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
  // a refusal, too, may come from a proxy when the server has long done it
  const last = await lookForObject(place, isOurs, lost ? clock.now() + patience : undefined)
  if (last.info && isOurs(last.info)) return last.info
  const reason: unknown = signal.aborted
    ? signal.reason
    : new Error(reasonOfFailure(error), { cause: error })
  if (lost) {
    const atLast = signal.aborted ? await lookAtOnce(place) : undefined
    if (atLast && isOurs(atLast)) return atLast
    throw completionUnknown(key, last.info ? new Error('the key has another object') : reason)
  }
  signal.throwIfAborted()
  if (last.info && isConflict(error)) throw objectExists(s3, key, error)
  // the request was refused, and whether it was is not in doubt
  const another = last.info !== undefined && ownerOf(last.info, sent, '') === 'another'
  if (last.absent || another || isConflict(error)) throw refused()
  throw completionUnknown(key, reason)
}

function isConflict(error: unknown): boolean {
  return httpStatus(error) === 412 || errorName(error) === 'ConditionalRequestConflict'
}
