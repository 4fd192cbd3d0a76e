import { Z3Error, type StoredSnapshot } from '@z3/core'
import type { ObjectInfo, ObjectStore } from '@z3/s3'

/** What became of an object that was to be deleted. */
export type Outcome =
  | {
      readonly result: 'deleted'
      /** By a delete marker; the version stays in the bucket and costs. */
      readonly isHidden: boolean
    }
  /** A dry run: it would be deleted. */
  | { readonly result: 'planned' }
  /** Somebody else has deleted it. */
  | { readonly result: 'gone' }
  /** Object Lock. */
  | {
      readonly result: 'locked'
      /** Undefined: not known, or only the legal hold protects it. */
      readonly until: Date | undefined
      readonly hasHold: boolean
      /** The server refused the deletion. */
      readonly refusal?: Z3Error
    }
  /** It is another object than the one that was planned for. */
  | { readonly result: 'changed'; readonly problem: Z3Error }
  | { readonly result: 'failed'; readonly problem: Z3Error }
  /** An object that builds on it could not be deleted. */
  | { readonly result: 'needed' }

/** How objects are deleted. */
export interface DeleteOptions {
  /** Only check what would be deleted. */
  readonly dryRun: boolean
  /** In a bucket with versioning, delete the version for good, instead of hiding it. */
  readonly versions: boolean
}

/**
 * Delete an object, if it is still the planned one. If the response is lost, check whether
 * the object still exists.
 *
 * @throws the reason of the signal; whatever is no Z3Error
 */
export async function deleteObject(
  store: ObjectStore,
  object: StoredSnapshot,
  how: DeleteOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const { key } = object
  let begun = false
  try {
    const seen = await findObject(store, key, signal)
    if (!seen) return { result: 'gone' }
    if (!isPlanned(seen, object)) return changed(store, key)
    const lock = lockOf(seen, store.now())
    if (lock) return lock
    if (how.dryRun) return { result: 'planned' }
    begun = true
    return { result: 'deleted', isHidden: await remove(store, seen, how, signal) }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    if (error.code === 'object-locked') {
      const seen = await findObject(store, key, signal).catch(() => undefined)
      const unknown = { result: 'locked', until: undefined, hasHold: false } as const
      return { ...unknown, ...(seen && lockOf(seen, store.now())), refusal: error }
    }
    if (error.code === 'object-changed') return { result: 'changed', problem: error }
    const isGone = begun && !(await mayBeThere(store, key, signal))
    return isGone ? { result: 'deleted', isHidden: false } : { result: 'failed', problem: error }
  }
}

/** The lock of an object, if it has one now. */
function lockOf(
  { lockedUntil, legalHold: hasHold = false }: ObjectInfo,
  now: Date,
): Extract<Outcome, { result: 'locked' }> | undefined {
  const until = lockedUntil !== undefined && lockedUntil > now ? lockedUntil : undefined
  return until || hasHold ? { result: 'locked', until, hasHold } : undefined
}

/** @returns whether the version stays, hidden by a delete marker */
async function remove(
  store: ObjectStore,
  { key, etag, versionId }: ObjectInfo,
  { versions }: DeleteOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const condition = (tag: string) => (tag === '' ? undefined : tag)
  if (!versions || versionId === undefined) {
    return (await store.delete(key, signal, condition(etag))) === 'hidden'
  }
  await store.delete(key, signal, condition(etag), versionId)
  // an object that this one had replaced is visible again: hide it
  const earlier = await findObject(store, key, signal)
  if (earlier) await store.delete(key, signal, condition(earlier.etag))
  return false
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
  if (seen.etag !== etag || seen.size !== bytes) return false
  // with versions, and so with Object Lock: radosgw 16 answers HEAD with the time when the lock was
  // set, but lists that of the upload
  if (seen.versionId !== undefined) return true
  // HEAD tells whole seconds
  const modified = seen.modified && Math.floor(seen.modified.getTime() / 1000)
  return modified === uploaded
}

function changed(store: ObjectStore, key: string): Outcome {
  const problem = new Z3Error(
    'object-changed',
    `'${key}' was replaced since it was listed (${store.title})`,
    { hint: 'See whether another run writes to the same key, then run again.' },
  )
  return { result: 'changed', problem }
}
