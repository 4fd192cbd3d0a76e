import { Z3Error, type StoredSnapshot } from '@z3/core'
import type { ObjectInfo, ObjectStore } from '@z3/s3'

/** What became of an object that was to be deleted. */
export type Outcome =
  | { readonly result: 'deleted' }
  /** Somebody else has deleted it. */
  | { readonly result: 'gone' }
  /** Object Lock; undefined: until somebody lifts the legal hold. */
  | { readonly result: 'locked'; readonly until: Date | undefined }
  /** It is another object than the one that was planned for. */
  | { readonly result: 'changed'; readonly problem: Z3Error }
  | { readonly result: 'failed'; readonly problem: Z3Error }
  /** An object that builds on it could not be deleted. */
  | { readonly result: 'needed' }

/**
 * Delete an object, if it is still the planned one. If the response is lost, check whether
 * the object still exists.
 *
 * @param now milliseconds since the epoch, by the clock of the store
 * @throws the reason of the signal; whatever is no Z3Error
 */
export async function deleteObject(
  store: ObjectStore,
  object: StoredSnapshot,
  now: () => Date,
  signal: AbortSignal,
): Promise<Outcome> {
  const { key } = object
  let begun = false
  try {
    const seen = await findObject(store, key, signal)
    if (!seen) return { result: 'gone' }
    if (!isPlanned(seen, object)) return changed(store, key)
    const { lockedUntil: until, legalHold = false } = seen
    if (legalHold) return { result: 'locked', until: undefined }
    if (until !== undefined && until > now()) return { result: 'locked', until }
    begun = true
    await store.delete(key, signal, seen.etag === '' ? undefined : seen.etag)
    return { result: 'deleted' }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    if (error.code === 'object-changed') return { result: 'changed', problem: error }
    const isGone = begun && !(await mayBeThere(store, key, signal))
    return isGone ? { result: 'deleted' } : { result: 'failed', problem: error }
  }
}

/**
 * Look at an object.
 *
 * @returns undefined: the server says that the bucket has no such object
 * @throws Z3Error of the store; never `no-such-key`
 */
export async function findObject(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<ObjectInfo | undefined> {
  try {
    return await store.head(key, signal)
  } catch (error) {
    if (error instanceof Z3Error && error.code === 'no-such-key') return undefined
    throw error
  }
}

/** Only a server that says that there is no such object is believed. */
async function mayBeThere(store: ObjectStore, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await findObject(store, key, signal)) !== undefined
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Z3Error) return true
    throw error
  }
}

function isPlanned(seen: ObjectInfo, { etag, bytes, uploaded }: StoredSnapshot): boolean {
  // HEAD tells whole seconds
  const modified = seen.modified && Math.floor(seen.modified.getTime() / 1000)
  return seen.etag === etag && seen.size === bytes && modified === uploaded
}

function changed(store: ObjectStore, key: string): Outcome {
  const problem = new Z3Error(
    'object-changed',
    `'${key}' was replaced since it was listed (${store.title})`,
    { hint: 'See whether another run writes to the same key, then run again.' },
  )
  return { result: 'changed', problem }
}
