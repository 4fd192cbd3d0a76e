import { setMaxListeners } from 'node:events'
import { untilAborted } from '@z3/cli'
import {
  mayBeArchived,
  parseSnapshotName,
  readStored,
  unreadableSnapshot,
  Z3Error,
  type SnapshotName,
  type StoredObject,
  type StoredSnapshot,
} from '@z3/core'
import type { DamagedObject, ObjectSummary } from '@z3/s3'
import pMap from 'p-map'
import { checkArchive } from './check-archive.js'
import { fetchContent, fetchMetadata, verifyObject, type Confirmed } from './fetch-object.js'
import { openMetadataCache, type MetadataCache } from './metadata-cache.js'
import { readIndex, wantsIndex } from './metadata-index.js'
import type { StoredPlace } from './stored-place.js'

/** Objects that are looked at at once. A HEAD costs a round trip, no bytes. */
export const LOOKS_AT_ONCE = 32

/** What the store has of one dataset. */
interface Stored {
  readonly snapshots: readonly StoredSnapshot[]
  /** Keys among them that name no snapshot. */
  readonly foreign: readonly string[]
  /** Keys that were listed, and not found then. */
  readonly vanished: readonly string[]
  /** Those of which a HEAD of this run has confirmed the listing. */
  readonly confirmed: ReadonlyMap<string, string | undefined>
  /** Of all objects but those that are damaged or vanished. */
  readonly cache: MetadataCache
}

/** Which objects get a HEAD request, and whether an index may replace it. */
export interface LoadOptions {
  /**
   * Which objects are compared with the listing by a HEAD, besides those that the cache does not
   * have: those that may be archived, whose state changes, or all.
   */
  readonly looks?: 'new' | 'archived' | 'all'
  /**
   * Use the index in the store instead of many HEADs: for commands that only show what is there.
   * Anyone with write access to the bucket can forge it, even if the objects are locked.
   */
  readonly index?: boolean
}

/**
 * List the stored snapshots of a dataset, under whatever snapshot prefix, for
 * a chain may lead out of one prefix. One listing, and one HEAD for each
 * object that is not in the cache. That an object exists, and its size, come
 * from the listing of this run, never from the cache.
 *
 * @param tell is told why the cache could not be written
 * @throws Z3Error of the store; never for an object that is odd or damaged, nor
 *   for one that may not be read while others may
 */
export async function loadStored(
  place: StoredPlace,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  tell: (line: string) => void,
  { looks = 'new', index = false }: LoadOptions = {},
): Promise<Stored> {
  const { store, prefix, dataset } = place
  const start = `${prefix}${dataset}@`
  // a cache forgets what a run does not list, and must not forget the present
  const past = store.asOf ? '\nas of' : ''
  const cache = await openMetadataCache(env, `${store.title}${past}\n${start}`)
  const vanished: string[] = []
  const confirmed: Confirmed = new Map()
  const { listed, foreign } = await listStored(place, signal)
  if (index && looks !== 'all' && !store.asOf) {
    const items = listed.flatMap(({ item }) => ('problem' in item ? [] : [item]))
    const entries = wantsIndex(cache.lacks(items)) && (await readIndex(place, signal, tell))
    if (entries) cache.learn(entries)
  }
  const stop = new AbortController()
  const looking = AbortSignal.any([signal, stop.signal])
  // every look listens, and Node warns of more than ten
  setMaxListeners(0, looking)
  const isLookedAt = ({ storageClass, objects }: ObjectSummary): boolean =>
    looks === 'all' ||
    // the continuations of a large object may have other classes
    (looks === 'archived' && (mayBeArchived(storageClass) || objects !== undefined))
  const fetch = async (item: ObjectSummary): Promise<StoredObject | DamagedObject | undefined> => {
    if (!isLookedAt(item)) return fetchMetadata(store, item, cache, looking, confirmed)
    const found = await verifyObject(store, item, cache, looking, confirmed)
    if (!found || 'problem' in found) return found
    return { ...found, archive: await checkArchive(store, found, looking) }
  }
  let refusal: Z3Error | undefined
  const found = await pMap(
    listed,
    async ({ item, name }) => {
      const damaged = (object: DamagedObject) => {
        if (object.unreadable) refusal ??= object.problem
        return damagedSnapshot(name, object)
      }
      if ('problem' in item) return damaged(item)
      const fetched = await fetch(item)
      if (fetched === undefined) {
        vanished.push(item.key)
        return undefined
      }
      if ('problem' in fetched) return damaged(fetched)
      const content = await fetchContent(store, fetched, item, cache, looking)
      // the answer to a HEAD leaves the class out where it is the default
      const { storageClass, objects } = item
      const all = { ...fetched, storageClass, objects, content }
      const stored = readStored(all, dataset, name.snapshot)
      const { archive } = fetched
      return {
        ...stored,
        ...(looks === 'all' && lockOf(fetched)),
        ...(looks !== 'new' && archive && { archive }),
      }
    },
    { concurrency: LOOKS_AT_ONCE, signal: looking },
  ).catch((error: unknown) => {
    // the other looks would go on, and repeat their requests for RETRY_FOR
    stop.abort(error)
    throw error
  })
  const snapshots = found.filter((snapshot) => snapshot !== undefined)
  if (found.length > 0 && snapshots.length === 0) {
    // one may have gone since, but a server that shows none is not empty
    throw new Z3Error(
      'store-rejected',
      `the server lists objects of ${dataset}, but finds none of them (${store.title})`,
      {
        hint: 'Another program deletes objects, or a proxy answers for the server: check the endpoint, then retry.',
      },
    )
  }
  // every object is refused: the credentials are at fault, not one object
  if (refusal && snapshots.every(({ fault }) => fault === 'unreadable')) throw refusal
  try {
    await cache.save()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    tell(`cannot write the metadata cache: ${why}`)
  }
  return { snapshots, foreign, vanished, confirmed, cache }
}

/** An object of a dataset, as listed. */
export interface ListedSnapshot {
  readonly item: ObjectSummary | DamagedObject
  readonly name: SnapshotName
}

/**
 * List the objects of a dataset without their metadata: 1,000 with each request.
 *
 * @returns foreign: keys that name no snapshot
 * @throws Z3Error of the store
 */
export async function listStored(
  { store, prefix, dataset }: StoredPlace,
  signal: AbortSignal,
): Promise<{ readonly listed: readonly ListedSnapshot[]; readonly foreign: readonly string[] }> {
  const start = `${prefix}${dataset}@`
  const listed: ListedSnapshot[] = []
  const foreign: string[] = []
  for await (const item of untilAborted(signal, store.list(start, signal))) {
    const name = { dataset, snapshot: item.key.slice(start.length) }
    if (isSnapshot(name)) listed.push({ item, name })
    else foreign.push(item.key)
  }
  return { listed, foreign }
}

/** What a HEAD reports of Object Lock: the cache has none of it, since locks change. */
function lockOf({ lockedUntil, legalHold }: StoredObject): Partial<StoredSnapshot> {
  return {
    ...(lockedUntil && { lockedUntil: Math.floor(lockedUntil.getTime() / 1000) }),
    ...(legalHold && { legalHold }),
  }
}

function isSnapshot({ dataset, snapshot }: SnapshotName): boolean {
  try {
    parseSnapshotName(`${dataset}@${snapshot}`)
    return true
  } catch {
    return false
  }
}

function damagedSnapshot(
  name: SnapshotName,
  { key, problem: { code, message }, unreadable }: DamagedObject,
): StoredSnapshot {
  // the descriptor of a file store holds the metadata, too
  const damaged = code === 'size-mismatch' ? 'damaged' : undefined
  return unreadableSnapshot(name, key, message, unreadable ? 'unreadable' : damaged)
}
