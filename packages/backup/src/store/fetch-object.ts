import {
  Z3Error,
  CONTENT_BYTES,
  CONTENTS,
  mustLook,
  recognizeContent,
  type StoredObject,
  type Content,
  type ErrorCode,
} from '@z3/core'
import type { DamagedObject, ObjectInfo, ObjectStore, ObjectSummary } from '@z3/s3'
import type { MetadataCache } from './metadata-cache.js'

/** The nonces of the listed objects that a HEAD has confirmed, by key. */
export type Confirmed = Map<string, string | undefined>

/**
 * The metadata of a listed object, from the cache if the listing shows the
 * object whose metadata was cached, else by a HEAD.
 *
 * @param confirmed the object is added if a HEAD has confirmed the listing
 * @returns undefined for an object that was deleted since it was listed
 * @throws Z3Error of the store
 */
export async function fetchMetadata(
  store: ObjectStore,
  summary: ObjectSummary,
  cache: MetadataCache,
  signal: AbortSignal,
  confirmed: Confirmed,
): Promise<StoredObject | DamagedObject | undefined> {
  const metadata = cache.get(summary)
  if (metadata) return { ...summary, metadata }
  const info = await look(store, summary.key, signal)
  // replaced since it was listed: what was listed is not what was read
  if (isInfo(info) && isListed(info, summary)) {
    cache.set(summary, info.metadata)
    confirmed.set(summary.key, info.nonce)
  }
  return info
}

/** Listings and HEADs that have to contradict each other, one after another. */
const LOOKS = 3

/**
 * As `fetchMetadata`, but without the cache: HEAD has to confirm that the
 * object exists, with the size and the ETag of the listing.
 *
 * @returns a problem where HEAD and the listing contradict each other
 */
export async function verifyObject(
  store: ObjectStore,
  summary: ObjectSummary,
  cache: MetadataCache,
  signal: AbortSignal,
  confirmed: Confirmed,
): Promise<ObjectInfo | DamagedObject | undefined> {
  const info = await confirmObject(store, summary, signal)
  if (isInfo(info) && isListed(info, summary)) {
    cache.set(summary, info.metadata)
    confirmed.set(summary.key, info.nonce)
  }
  return info
}

/** What a listing says of an object. */
type Listed = Pick<ObjectSummary, 'key' | 'size' | 'etag'>

/**
 * Look at a listed object.
 *
 * @returns undefined for an object that was deleted since it was listed; a problem where HEAD
 *   and the listing contradict each other. The object may have replaced the listed one
 */
export async function confirmObject(
  store: ObjectStore,
  summary: Listed,
  signal: AbortSignal,
): Promise<ObjectInfo | DamagedObject | undefined> {
  const { key } = summary
  let listed = summary
  let contradiction = ''
  for (let looks = 0; looks < LOOKS; looks++) {
    const info = await look(store, key, signal)
    if (info && !isInfo(info)) return info
    if (info && isListed(info, listed)) return info
    contradiction = info
      ? `with ${describe(listed)}, but HEAD answers ${describe(info)}`
      : 'but HEAD does not find it'
    // it may have been replaced or deleted since it was listed
    const again = await list(store, key, signal)
    if (again === undefined || 'problem' in again) return again
    listed = again
  }
  const problem = new Z3Error(
    'size-mismatch',
    `the object '${key}' is listed ${contradiction} (${store.title})`,
  )
  return { key, problem }
}

/**
 * Its data are missing, cut or grown; or it alone is refused, as by a policy of
 * the bucket, or for want of the key that it is encrypted with.
 */
const OF_THIS_OBJECT: readonly ErrorCode[] = ['size-mismatch', 'access-denied', 'store-rejected']

async function look(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<ObjectInfo | DamagedObject | undefined> {
  try {
    return await store.head(key, signal)
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    if (error.code === 'no-such-key') return undefined
    if (!OF_THIS_OBJECT.includes(error.code)) throw error
    return { key, problem: error, unreadable: error.code !== 'size-mismatch' }
  }
}

function isInfo(found: ObjectInfo | DamagedObject | undefined): found is ObjectInfo {
  return found !== undefined && !('problem' in found)
}

function isListed(info: ObjectInfo, { etag, size }: Listed): boolean {
  return info.etag === etag && info.size === size
}

function describe({ size, etag }: Pick<ObjectInfo, 'size' | 'etag'>): string {
  return `${String(size)} bytes and the ETag ${etag}`
}

async function list(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<ObjectSummary | DamagedObject | undefined> {
  // in the order of keys: the key itself is the first that begins with it
  for await (const item of store.list(key, signal)) {
    return item.key === key ? item : undefined
  }
  return undefined
}

/** What the cache keeps of an object that is nothing known. */
const UNKNOWN = 'unknown'

/** The object is there, and its bytes cannot be had now, or by us. */
const NOT_NOW: readonly ErrorCode[] = [
  'object-archived',
  'access-denied',
  // its key is disabled, for example: HEAD is answered all the same
  'store-rejected',
  'object-changed',
  'no-such-key',
]

/**
 * What the first bytes of a listed object are, where its metadata may be wrong
 * about that; from the cache if they were read before.
 *
 * @returns undefined: nothing known, or the metadata need no proof
 * @throws Z3Error of the store
 */
export async function fetchContent(
  store: ObjectStore,
  { metadata }: StoredObject,
  summary: ObjectSummary,
  cache: MetadataCache,
  signal: AbortSignal,
): Promise<Content | undefined> {
  if (!mustLook(metadata)) return undefined
  const cached = cache.getContent(summary)
  if (cached !== undefined) {
    return CONTENTS.find((content) => content === cached)
  }
  const { key, etag, size } = summary
  const into = new Uint8Array(Math.min(size, CONTENT_BYTES))
  try {
    if (size > 0) await store.read(key, { offset: 0, into, etag, size, signal })
  } catch (error) {
    if (error instanceof Z3Error && NOT_NOW.includes(error.code)) {
      return undefined
    }
    throw error
  }
  const content = recognizeContent(into)
  cache.setContent(summary, content ?? UNKNOWN)
  return content
}
