import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isLink } from './check-directories.js'
import { isMissing, withFileErrors } from './file-error.js'
import { looksLikeOurs, parseFileName, type FileKind } from './file-names.js'
import { decodeName } from './key-path.js'
import { objectPlace, type ObjectPlace } from './object-place.js'

/** A file of ours, found in the store. */
export interface FoundFile {
  readonly place: ObjectPlace
  readonly kind: FileKind
  /** '' for a descriptor. */
  readonly uploadId: string
}

interface Scan {
  readonly root: string
  readonly prefix: string
  readonly kinds: readonly FileKind[]
}

interface Item {
  /** The key; with a `/` after it, what all keys of a directory begin with. */
  readonly key: Buffer
  readonly found: FoundFile | Directory
}

interface Directory {
  readonly names: readonly string[]
  /** What the keys of the files in it begin with. */
  readonly key: string
}

/**
 * Find our files of these kinds whose keys begin with `prefix`, by the bytes
 * of their keys, then by upload id. Lazily: a directory is read when its turn
 * has come, and only if it may hold such keys. What is not ours is passed
 * over, but a link to a directory is an error: what is behind it would be
 * missing without a word.
 */
export function scan(
  root: string,
  prefix: string,
  kinds: readonly FileKind[],
): AsyncGenerator<FoundFile> {
  return scanDirectory({ root, prefix, kinds }, { names: [], key: '' })
}

async function* scanDirectory(of: Scan, directory: Directory): AsyncGenerator<FoundFile> {
  const items = await readItems(of, directory)
  // a directory sorts by `a/`: after the object a and a-b, before a0
  items.sort((a, b) => Buffer.compare(a.key, b.key) || byUpload(a, b))
  for (const { found } of items) {
    if ('names' in found) yield* scanDirectory(of, found)
    else yield found
  }
}

function byUpload(a: Item, b: Item): number {
  if ('names' in a.found || 'names' in b.found) return 0
  return a.found.uploadId < b.found.uploadId ? -1 : 1
}

async function readItems(of: Scan, directory: Directory): Promise<Item[]> {
  const path = join(of.root, ...directory.names)
  const entries = await withFileErrors('cannot list', path, () =>
    readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      // deleted meanwhile; that the root is there was checked before
      if (isMissing(error)) return []
      throw error
    }),
  )
  const items: Item[] = []
  for (const entry of entries) {
    const found = readFile(of, directory, entry)
    if (found !== undefined) {
      items.push({ key: Buffer.from(found.place.key), found })
      continue
    }
    const inner = await readDirectory(of, directory, entry)
    if (inner === undefined) continue
    if (inner.continued) items.push(...(await readItems(of, inner)))
    else items.push({ key: Buffer.from(inner.key), found: inner })
  }
  return items
}

function readFile(of: Scan, directory: Directory, entry: Dirent): FoundFile | undefined {
  const file = entry.isDirectory() ? undefined : parseFileName(entry.name)
  if (file === undefined || !of.kinds.includes(file.kind)) return undefined
  const decoded = decodeName(file.base)
  if (decoded === undefined || decoded.continued) return undefined
  const key = directory.key + decoded.text
  if (!key.startsWith(of.prefix)) return undefined
  const place = placeOf(of.root, key)
  // a name that merely decodes to the key is not where the key's files are
  return place?.base === file.base && sameNames(place, directory)
    ? { place, kind: file.kind, uploadId: file.uploadId }
    : undefined
}

function placeOf(root: string, key: string): ObjectPlace | undefined {
  try {
    return objectPlace(root, key)
  } catch {
    return undefined // no key of ours can be so long
  }
}

function sameNames(place: ObjectPlace, { names }: Directory): boolean {
  return place.directories.join('/') === names.join('/')
}

async function readDirectory(
  of: Scan,
  directory: Directory,
  entry: Dirent,
): Promise<(Directory & { continued: boolean }) | undefined> {
  if (!entry.isDirectory() && !entry.isSymbolicLink()) return undefined
  if (looksLikeOurs(entry.name) !== undefined) return undefined
  const decoded = decodeName(entry.name)
  if (decoded === undefined) return undefined
  const { text, continued } = decoded
  const key = directory.key + text + (continued ? '' : '/')
  if (!key.startsWith(of.prefix) && !of.prefix.startsWith(key)) return undefined
  const names = [...directory.names, entry.name]
  if (entry.isSymbolicLink()) {
    const path = join(of.root, ...names)
    const target = await stat(path).catch(() => undefined)
    if (target?.isDirectory()) throw isLink(path)
    return undefined
  }
  return { names, key, continued }
}
