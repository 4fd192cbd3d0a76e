import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AWS_PART_LIMITS, Z3Error } from '@z3/core'
import type { Deletion, ObjectStore, ReadOptions } from '../object-store.js'
import type { DamagedObject, ObjectInfo, ObjectSummary, PendingUpload } from '../object-info.js'
import type { MultipartUpload, UploadOptions } from '../multipart-upload.js'
import { mayStand } from '../upload-errors.js'
import { checkRoot, directoriesExist, ifThere, isLink } from './files.js'
import { removeEmptyDirectories, removeFile, syncDirectory } from './files.js'
import { decodeName, filePaths, isUploadId, objectPlace, parseFileName } from './layout.js'
import { uploadTime, type FileKind, type FileName, type ObjectPlace } from './layout.js'
import { checkData, MAX_DESCRIPTOR, objectChanged, readDescriptor } from './object.js'
import { readRange, summarizeObject, type Descriptor } from './object.js'
import { createFileUpload, isPlaced, removeUpload, uploadActivity } from './upload.js'

/** Descriptors that a listing reads ahead in parallel. */
const READ_AHEAD = 64

/**
 * Objects as files below a directory: a mounted NAS, a USB disk. An object is a descriptor, a small
 * JSON file whose appearance is the commit, and a data file beside it, the raw stream
 * (`layout.ts`). Complete objects are durable. Storage classes have no meaning here.
 *
 * Every method throws Z3Error `no-such-bucket` if the directory does not exist; it is never
 * created.
 */
export class FileStore implements ObjectStore {
  readonly title: string
  /**
   * Any part size would work, but pput's parts start with the smallest and grow with the stream,
   * and the sizes for AWS suit a disk.
   */
  readonly limits = AWS_PART_LIMITS
  readonly #root: string

  /** @param path of an existing directory */
  constructor(path: string) {
    this.#root = resolve(path)
    this.title = `directory '${this.#root}'`
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo> {
    const [place, found] = await this.#find(key, signal)
    await checkData(place, found)
    const { size, etag, metadata, modified, crc32 } = found
    return { key, size, etag, metadata, modified, crc32 }
  }

  async exists(key: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.head(key, signal)
      return true
    } catch (error) {
      if (error instanceof Z3Error && error.code === 'no-such-key') return false
      throw error
    }
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectSummary | DamagedObject> {
    let ahead: Promise<ObjectSummary | DamagedObject | undefined>[] = []
    for await (const { place } of this.#scan(prefix, ['descriptor'], signal)) {
      ahead.push(summarizeObject(place))
      if (ahead.length < READ_AHEAD) continue
      yield* (await Promise.all(ahead)).filter((entry) => entry !== undefined)
      ahead = []
    }
    yield* (await Promise.all(ahead)).filter((entry) => entry !== undefined)
  }

  async read(key: string, options: ReadOptions): Promise<void> {
    const [place, found] = await this.#find(key, options.signal)
    if (found.etag !== options.etag || found.size !== options.size) throw objectChanged(key)
    await readRange(place, found, options)
  }

  async get(key: string, most: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const [place, found] = await this.#find(key, signal)
    const { etag, size } = found
    if (size > most) return undefined
    const into = new Uint8Array(size)
    if (size > 0) await readRange(place, found, { offset: 0, into, etag, size, signal })
    return into
  }

  async createUpload(
    key: string,
    options: UploadOptions,
    signal?: AbortSignal,
  ): Promise<MultipartUpload> {
    signal?.throwIfAborted()
    const place = objectPlace(this.#root, key)
    // far above the limit of S3; it must stay readable
    if (JSON.stringify(options.metadata).length > MAX_DESCRIPTOR / 8) {
      throw new Z3Error('invalid-metadata', `too much metadata for '${key}'`, {
        hint: 'S3 takes 2 KiB.',
      })
    }
    await checkRoot(this.#root)
    return await createFileUpload(place, options)
  }

  async put(key: string, body: Uint8Array, signal?: AbortSignal): Promise<void> {
    const upload = await this.createUpload(key, { metadata: {}, overwrite: true }, signal)
    try {
      const hasher = upload.hasher()
      hasher.update(body)
      const part = { partNumber: 1, offset: 0, body, digest: hasher.digest() }
      await upload.complete([await upload.uploadPart(part, signal)], signal)
    } catch (error) {
      if (!mayStand(error)) await upload.abort()
      throw error
    }
  }

  async *listUploads(prefix: string, signal?: AbortSignal): AsyncIterable<PendingUpload> {
    let last = ''
    for await (const file of this.#scan(prefix, ['pending', 'temporary', 'data'], signal)) {
      const { place, kind, uploadId } = file
      if (uploadId === last) continue
      // data without a descriptor: the run died during Complete
      if (kind === 'data' && (await isPlaced(place, uploadId))) continue
      last = uploadId
      yield { key: place.key, uploadId, initiated: uploadTime(uploadId) }
    }
  }

  async lastActivity(upload: PendingUpload, signal?: AbortSignal): Promise<Date | undefined> {
    const place = await this.#placeOf(upload, signal)
    return place && (await uploadActivity(place, upload.uploadId))
  }

  // file times come from this host or a nearby server
  now(): Date {
    return new Date()
  }

  async abortUpload(upload: PendingUpload, signal?: AbortSignal): Promise<void> {
    const place = await this.#placeOf(upload, signal)
    if (place !== undefined) await removeUpload(place, upload.uploadId)
  }

  async delete(key: string, signal?: AbortSignal, etag?: string): Promise<Deletion> {
    const place = await this.#locate(key, signal)
    if (place === undefined) return 'deleted'
    const found = await readDescriptor(place)
    if (found === undefined) return 'deleted'
    if (etag !== undefined && found.etag !== etag) throw objectChanged(key)
    const { descriptor, data } = filePaths(place, found.uploadId)
    await removeFile(descriptor)
    // before the data is removed: a descriptor without data is a damaged object
    await syncDirectory(place.directory)
    await removeFile(data)
    await removeEmptyDirectories(place)
    return 'deleted'
  }

  close(): void {
    // nothing stays open between calls
  }

  /** @throws Z3Error `no-such-key` */
  async #find(key: string, signal?: AbortSignal): Promise<[ObjectPlace, Descriptor]> {
    const place = await this.#locate(key, signal)
    const found = place && (await readDescriptor(place))
    if (found) return [place, found]
    throw new Z3Error('no-such-key', `no object '${key}' in ${this.title}`)
  }

  async #placeOf({ key, uploadId }: PendingUpload, signal?: AbortSignal) {
    signal?.throwIfAborted()
    if (isUploadId(uploadId)) return await this.#locate(key, signal)
    const what = `${JSON.stringify(uploadId)} is not an upload in ${this.title}`
    throw new Z3Error('no-such-upload', what)
  }

  /** The place of a key; undefined if the directory of its files does not exist. */
  async #locate(key: string, signal?: AbortSignal): Promise<ObjectPlace | undefined> {
    signal?.throwIfAborted()
    const place = objectPlace(this.#root, key)
    await checkRoot(this.#root)
    return (await directoriesExist(place)) ? place : undefined
  }

  async *#scan(
    prefix: string,
    kinds: readonly FileKind[],
    signal?: AbortSignal,
  ): AsyncGenerator<FoundFile> {
    signal?.throwIfAborted()
    await checkRoot(this.#root)
    const root = { path: this.#root, key: '' }
    for await (const file of scanDirectory({ root: this.#root, prefix, kinds }, root)) {
      signal?.throwIfAborted()
      yield file
    }
  }
}

/** A file of the store. */
interface FoundFile {
  readonly place: ObjectPlace
  readonly kind: FileKind
  readonly uploadId: string
}

/** A directory, and the common prefix of the keys in it. */
interface Directory {
  readonly path: string
  readonly key: string
}

/** A directory entry, and the bytes to sort it by. */
interface Item {
  readonly bytes: Buffer
  readonly found: FoundFile | Directory
}

interface Scan {
  readonly root: string
  readonly prefix: string
  readonly kinds: readonly FileKind[]
}

/**
 * Find files of these kinds whose keys begin with `prefix`, sorted by the bytes of the key, then by
 * upload id. Lazy: reads each directory when needed, and only if it may contain such keys. Foreign
 * files are skipped, but a link to a directory is an error: objects behind it would silently be
 * missing.
 */
async function* scanDirectory(of: Scan, directory: Directory): AsyncGenerator<FoundFile> {
  const items = await readItems(of, directory)
  // a directory sorts as `a/`: after the objects a and a-b, before a0
  items.sort((a, b) => Buffer.compare(a.bytes, b.bytes) || byUpload(a.found, b.found))
  for (const { found } of items) {
    if ('place' in found) yield found
    else yield* scanDirectory(of, found)
  }
}

function byUpload(a: Item['found'], b: Item['found']): number {
  return 'place' in a && 'place' in b ? (a.uploadId < b.uploadId ? -1 : 1) : 0
}

async function readItems(of: Scan, directory: Directory): Promise<Item[]> {
  // undefined: deleted in the meantime; the existence of the root was checked before
  const entries = await ifThere('cannot list', directory.path, () =>
    readdir(directory.path, { withFileTypes: true }),
  )
  const items: Item[] = []
  for (const entry of entries ?? []) {
    const file = parseFileName(entry.name)
    if (file !== undefined) {
      const found = entry.isDirectory() ? undefined : identify(of, directory, file)
      if (found) items.push({ bytes: Buffer.from(found.place.key), found })
      continue
    }
    if (!entry.isDirectory() && !entry.isSymbolicLink()) continue
    const decoded = decodeName(entry.name)
    if (decoded === undefined) continue
    const key = directory.key + decoded.text + (decoded.continued ? '' : '/')
    if (!key.startsWith(of.prefix) && !of.prefix.startsWith(key)) continue
    const inner = { path: join(directory.path, entry.name), key }
    if (entry.isSymbolicLink()) {
      const target = await stat(inner.path).catch(() => undefined)
      if (target?.isDirectory()) throw isLink(inner.path)
    } else if (decoded.continued) items.push(...(await readItems(of, inner)))
    else items.push({ bytes: Buffer.from(key), found: inner })
  }
  return items
}

/** The object that a file belongs to; undefined if it is not wanted. */
function identify(of: Scan, directory: Directory, file: FileName): FoundFile | undefined {
  const decoded = decodeName(file.base)
  if (!of.kinds.includes(file.kind) || decoded === undefined || decoded.continued) return undefined
  const key = directory.key + decoded.text
  if (!key.startsWith(of.prefix)) return undefined
  let place: ObjectPlace
  try {
    place = objectPlace(of.root, key)
  } catch {
    return undefined // no valid key is that long
  }
  // a name that only decodes to the key is not the place of the key
  const same = place.base === file.base && place.directory === directory.path
  return same ? { place, kind: file.kind, uploadId: file.uploadId } : undefined
}
