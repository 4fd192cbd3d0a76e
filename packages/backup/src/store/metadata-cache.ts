import { makeDirectories, xdgFile } from '@z3/cli'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ObjectSummary } from '@z3/s3'
import writeFileAtomic from 'write-file-atomic'

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
  /**
   * Write what was added, and forget the objects that were not asked for.
   *
   * @throws the error of the file system
   */
  save(): Promise<void>
}

type Metadata = Readonly<Record<string, string>>

/** `version` of the file's format. */
const VERSION = 1

interface Entry {
  /** ETag, size, time of the last change, and version id: another object, another text. */
  readonly identity: string
  readonly metadata: Metadata
  readonly content?: string
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
  const known = file === undefined ? new Map<string, Entry>() : await read(file)
  const seen = new Map<string, Entry>()
  let added = 0
  const find = (summary: ObjectSummary): Entry | undefined => {
    const entry = seen.get(summary.key) ?? known.get(summary.key)
    return entry?.identity === identityOf(summary) ? entry : undefined
  }
  return {
    get: (summary) => {
      const entry = known.get(summary.key)
      if (entry?.identity !== identityOf(summary)) return undefined
      seen.set(summary.key, entry)
      return entry.metadata
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
    save: async () => {
      if (file === undefined) return
      if (added === 0 && seen.size === known.size) return
      await makeDirectories(dirname(file), 0o700)
      const content = { version: VERSION, objects: Object.fromEntries(seen) }
      await writeFileAtomic(file, JSON.stringify(content), { mode: 0o600 })
    },
  }
}

function identityOf({ etag, size, modified, version }: ObjectSummary): string {
  const id = version === undefined ? '' : ` ${version}`
  return `${etag} ${String(size)} ${modified?.toISOString() ?? ''}${id}`
}

async function read(file: string): Promise<Map<string, Entry>> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (!isRecord(content) || content['version'] !== VERSION) return new Map()
    const { objects } = content
    if (!isRecord(objects)) return new Map()
    return new Map(
      Object.entries(objects).filter((pair): pair is [string, Entry] => isEntry(pair[1])),
    )
  } catch {
    // none yet, or not ours to read
    return new Map()
  }
}

function isEntry(value: unknown): value is Entry {
  return (
    isRecord(value) &&
    typeof value['identity'] === 'string' &&
    ['string', 'undefined'].includes(typeof value['content']) &&
    isRecord(value['metadata']) &&
    Object.values(value['metadata']).every((text) => typeof text === 'string')
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
