import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { orAborted } from '@z3/cli'
import { indexKey } from '@z3/core'
import type { StoredPlace } from './stored-place.js'
import type { MetadataCache } from './metadata-cache.js'
import { formatEntries, parseEntries, type Entries } from './metadata-entries.js'

/** Objects whose HEADs take less time than an index: one round trip, as many as go at once. */
const FEW = 32

/** The index is written anew when it lacks this share of the objects. */
const SHARE = 1 / 16

/** Maximum sizes of an index in bytes, compressed and not: 200,000 objects. */
const MAX_COMPRESSED = 16 * 1024 * 1024
const MAX_BYTES = 96 * 1024 * 1024

/** Whether reading the index is worth a request. */
export function wantsIndex(missing: number): boolean {
  return missing > FEW
}

/**
 * Read the index of a dataset (docs/format.md): the metadata of its objects, as a backup has seen
 * them. It may be forged: anyone with write access to the bucket can replace it.
 *
 * @returns undefined: there is none, or none that can be read
 * @throws the signal's reason
 */
export async function readIndex(
  { store, prefix, dataset }: StoredPlace,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<Entries | undefined> {
  const key = indexKey(prefix, dataset)
  let problem = 'damaged, or of a newer z3'
  try {
    const content = await orAborted(signal, store.get(key, MAX_COMPRESSED, signal))
    if (content === undefined) return undefined
    const text = await promisify(gunzip)(content, { maxOutputLength: MAX_BYTES })
    const found = parseEntries(String(text))
    if (found) return found.entries
  } catch (error) {
    signal.throwIfAborted()
    problem = error instanceof Error ? error.message : String(error)
  }
  tell(`ignoring the index '${key}': ${problem}`)
  return undefined
}

/**
 * Write the index of a dataset if the store's, as far as this host knows, lacks many objects, or
 * has many that are gone. A failure is only reported: nothing needs an index.
 *
 * @param cache with the metadata of all objects of the dataset
 * @throws the signal's reason
 */
export async function updateIndex(
  { store, prefix, dataset }: StoredPlace,
  cache: MetadataCache,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<void> {
  const { entries, indexed } = cache
  const change = Math.abs(entries.size - indexed)
  if (change <= Math.max(FEW, entries.size * SHARE)) return
  const key = indexKey(prefix, dataset)
  try {
    const text = formatEntries(entries, {})
    const content = await promisify(gzip)(text, { level: 1 })
    if (text.length > MAX_BYTES || content.length > MAX_COMPRESSED) {
      tell(`${dataset} has too many objects for an index`)
      return
    }
    await orAborted(signal, store.put(key, content, signal))
    cache.indexed = entries.size
    await cache.save()
  } catch (error) {
    signal.throwIfAborted()
    tell(
      `cannot write the index '${key}': ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
