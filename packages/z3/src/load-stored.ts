import { setMaxListeners } from 'node:events'
import {
  parseSnapshotName,
  readStored,
  Z3Error,
  type StoredSnapshot,
} from '@z3/core'
import type { ObjectStore, ObjectSummary } from '@z3/s3'
import pMap from 'p-map'
import { openMetadataCache, type MetadataCache } from './metadata-cache.js'
import { untilAborted } from './until-aborted.js'

/** Objects that are looked at at once. A HEAD costs a round trip, no bytes. */
export const LOOKS_AT_ONCE = 32

/** Where the snapshots of one dataset are. */
export interface StoredPlace {
  readonly store: ObjectStore
  /** S3_PREFIX, with its slash. */
  readonly prefix: string
  readonly dataset: string
}

/** What the store has of one dataset. */
export interface Stored {
  readonly snapshots: readonly StoredSnapshot[]
  /** Keys among them that name no snapshot. */
  readonly foreign: readonly string[]
}

/**
 * List the stored snapshots of a dataset, under whatever snapshot prefix, for
 * a chain may lead out of one prefix. One listing, and one HEAD for each
 * object that is not in the cache.
 *
 * @param tell is told why the cache could not be written
 * @throws Z3Error of the store; never for an object that is odd
 */
export async function loadStored(
  place: StoredPlace,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<Stored> {
  const { store, prefix, dataset } = place
  const start = `${prefix}${dataset}@`
  const cache = await openMetadataCache(env, `${store.title}\n${start}`)
  const summaries: { summary: ObjectSummary; snapshot: string }[] = []
  const foreign: string[] = []
  for await (const summary of untilAborted(signal, store.list(start, signal))) {
    const snapshot = summary.key.slice(start.length)
    if (isSnapshot(dataset, snapshot)) summaries.push({ summary, snapshot })
    else foreign.push(summary.key)
  }
  // every look listens, and Node warns of more than ten
  const looking = AbortSignal.any([signal])
  setMaxListeners(0, looking)
  const found = await pMap(
    summaries,
    async ({ summary, snapshot }) => {
      const metadata = await look(store, summary, cache, looking)
      return metadata && readStored({ ...summary, metadata }, dataset, snapshot)
    },
    { concurrency: LOOKS_AT_ONCE, signal: looking },
  )
  const snapshots = found.filter((snapshot) => snapshot !== undefined)
  if (found.length > 0 && snapshots.length === 0) {
    // one may have gone since, but a server that shows none is not empty
    throw new Z3Error(
      'store-rejected',
      `objects of ${dataset} are listed, and none of them is there (${store.title})`,
      {
        hint: 'Somebody drops them now, or something on the way to the server answers for it: run again, and look at the endpoint.',
      },
    )
  }
  try {
    await cache.save()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    tell(`the metadata cache is not written: ${why}`)
  }
  return { snapshots, foreign }
}

function isSnapshot(dataset: string, snapshot: string): boolean {
  try {
    parseSnapshotName(`${dataset}@${snapshot}`)
    return true
  } catch {
    return false
  }
}

/** @returns undefined for an object that went away since it was listed */
async function look(
  store: ObjectStore,
  summary: ObjectSummary,
  cache: MetadataCache,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  const known = cache.get(summary)
  if (known) return known
  try {
    const info = await store.head(summary.key, signal)
    // replaced in between: what was listed is not what was looked at
    if (info.etag === summary.etag) cache.set(summary, info.metadata)
    return info.metadata
  } catch (error) {
    if (error instanceof Z3Error && error.code === 'no-such-key') {
      return undefined
    }
    throw error
  }
}
