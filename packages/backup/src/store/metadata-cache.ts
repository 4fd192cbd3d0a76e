import { makeDirectories, xdgFile } from '@z3/cli'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ObjectSummary } from '@z3/s3'
import writeFileAtomic from 'write-file-atomic'
import {
  formatEntries,
  identityOf,
  parseEntries,
  type Entries,
  type Entry,
  type Metadata,
} from './metadata-entries.js'

/**
 * Metadata of objects that were looked at before, so that a listing is all
 * that a bucket is asked for as long as nothing in it changes. It is an aid:
 * a file that is missing, damaged or cannot be written costs time alone.
 */
export interface MetadataCache {
  /** The metadata, if the object is still the one that was looked at. */
  get(summary: ObjectSummary): Metadata | undefined
  set(summary: ObjectSummary, metadata: Metadata): void
  /** What the first bytes of that object are, where that was kept. */
  getContent(summary: ObjectSummary): string | undefined
  /** Keep it beside the metadata, which must be there. */
  setContent(summary: ObjectSummary, content: string): void
  /** How many of these objects it does not have. */
  lacks(summaries: readonly ObjectSummary[]): number
  /** Use these, too, for as long as this run takes: they are not saved. */
  learn(entries: Entries): void
  /** Of all requested objects that got a HEAD in this run or an earlier one. */
  readonly entries: Entries
  /** Objects in the index that this host has put into the store; 0: none. */
  indexed: number
  /**
   * Write what was added, and forget the objects that were not asked for.
   *
   * @throws the error of the file system
   */
  save(): Promise<void>
}

/**
 * Open the cache of one place of one store.
 *
 * @param place what tells it from all others: the store's title and the prefix
 */
export async function openMetadataCache(
  env: NodeJS.ProcessEnv,
  place: string,
): Promise<MetadataCache> {
  const file = xdgFile(env, 'XDG_CACHE_HOME', 'metadata', place)
  const { entries: known, indexed } = await read(file)
  const seen = new Map<string, Entry>()
  let learned: Entries = new Map()
  let added = 0
  const find = (summary: ObjectSummary): Entry | undefined => {
    const identity = identityOf(summary)
    for (const entries of [seen, known, learned]) {
      const entry = entries.get(summary.key)
      if (entry?.identity === identity) return entry
    }
    return undefined
  }
  const cache: MetadataCache = {
    get: (summary) => {
      const entry = find(summary)
      if (entry && known.get(summary.key) === entry) seen.set(summary.key, entry)
      return entry?.metadata
    },
    set: (summary, metadata) => {
      added += 1
      const { content } = find(summary) ?? {}
      seen.set(summary.key, {
        identity: identityOf(summary),
        metadata,
        ...(content === undefined ? {} : { content }),
      })
    },
    getContent: (summary) => find(summary)?.content,
    setContent: (summary, content) => {
      const entry = seen.get(summary.key)
      if (entry?.identity !== identityOf(summary)) return
      added += 1
      seen.set(summary.key, { ...entry, content })
    },
    lacks: (summaries) => summaries.filter((summary) => !find(summary)).length,
    learn: (entries) => {
      learned = entries
    },
    entries: seen,
    indexed,
    save: async () => {
      if (file === undefined) return
      if (added === 0 && seen.size === known.size && cache.indexed === indexed) return
      await makeDirectories(dirname(file), 0o700)
      const content = formatEntries(seen, { indexed: cache.indexed })
      await writeFileAtomic(file, content, { mode: 0o600 })
    },
  }
  return cache
}

async function read(
  file: string | undefined,
): Promise<{ readonly entries: Map<string, Entry>; readonly indexed: number }> {
  try {
    const found = file === undefined ? undefined : parseEntries(await readFile(file, 'utf8'))
    if (found) {
      const { entries, more } = found
      const { indexed } = more
      return { entries, indexed: typeof indexed === 'number' && indexed > 0 ? indexed : 0 }
    }
  } catch {
    // none yet, or not ours to read
  }
  return { entries: new Map(), indexed: 0 }
}
