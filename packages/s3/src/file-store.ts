import { resolve } from 'node:path'
import { AWS_PART_LIMITS, Z3Error, type PartLimits } from '@z3/core'
import { checkRoot, directoryExists } from './file-store/check-directories.js'
import { MAX_DESCRIPTOR, type Descriptor } from './file-store/descriptor.js'
import { isUploadId, uploadTime } from './file-store/file-names.js'
import { createFileUpload } from './file-store/file-upload.js'
import { filePath, objectPlace, type ObjectPlace } from './file-store/object-place.js'
import { isCommitted, readDescriptor } from './file-store/read-descriptor.js'
import { readRange } from './file-store/read-range.js'
import { removeEmptyDirectories } from './file-store/remove-empty-directories.js'
import { removeFile } from './file-store/remove-file.js'
import { removeUpload } from './file-store/remove-upload.js'
import { scan, type FoundFile } from './file-store/scan.js'
import { summarizeObject } from './file-store/summarize-object.js'
import { uploadActivity } from './file-store/upload-activity.js'
import { objectChanged, statData } from './file-store/open-data.js'
import { syncDirectory } from './file-store/sync-directories.js'
import type {
  DamagedObject,
  MultipartUpload,
  ObjectInfo,
  ObjectStore,
  ObjectSummary,
  PendingUpload,
  ReadOptions,
  UploadOptions,
} from './object-store.js'

/** Descriptors that a listing reads ahead, at once. */
const READ_AHEAD = 64

/**
 * Objects as files below a directory: a mounted NAS, a USB disk. An object is
 * a descriptor, a small JSON file whose appearance is the commit, and a data
 * file beside it, the raw stream (`file-store/file-names.ts`). What is
 * complete is durable. Storage classes have no meaning here.
 *
 * Every method throws Z3Error `no-such-bucket` if the directory is not there;
 * it is never made.
 */
export class FileStore implements ObjectStore {
  readonly title: string
  /**
   * Parts of any size could be written; but pput's parts begin with the
   * smallest and grow with the stream, and those of AWS suit a disk.
   */
  readonly limits: PartLimits = AWS_PART_LIMITS
  readonly #root: string

  /** @param path of an existing directory */
  constructor(path: string) {
    this.#root = resolve(path)
    this.title = `directory '${this.#root}'`
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo> {
    signal?.throwIfAborted()
    const [place, found] = await this.#find(key)
    await statData(place, found)
    const { size, etag, metadata, modified, crc32 } = found
    return { key, size, etag, metadata, modified, crc32 }
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectSummary | DamagedObject> {
    signal?.throwIfAborted()
    await checkRoot(this.#root)
    for await (const files of batches(scan(this.#root, prefix, ['descriptor']))) {
      const entries = await Promise.all(files.map(({ place }) => summarizeObject(place)))
      signal?.throwIfAborted()
      for (const entry of entries) {
        // undefined: deleted since
        if (entry !== undefined) yield entry
      }
    }
  }

  async read(key: string, options: ReadOptions): Promise<void> {
    options.signal?.throwIfAborted()
    const [place, found] = await this.#find(key)
    if (found.etag !== options.etag || found.size !== options.size) {
      throw objectChanged(key)
    }
    await readRange(place, found, options)
  }

  async createUpload(
    key: string,
    options: UploadOptions,
    signal?: AbortSignal,
  ): Promise<MultipartUpload> {
    signal?.throwIfAborted()
    const place = objectPlace(this.#root, key)
    // far above what S3 takes; what was written must be readable again
    if (JSON.stringify(options.metadata).length > MAX_DESCRIPTOR / 8) {
      throw new Z3Error('invalid-metadata', `too much metadata for '${key}'`, {
        hint: 'S3 takes 2 KiB.',
      })
    }
    await checkRoot(this.#root)
    return await createFileUpload(place, options)
  }

  async *listUploads(prefix: string, signal?: AbortSignal): AsyncIterable<PendingUpload> {
    signal?.throwIfAborted()
    await checkRoot(this.#root)
    let last = ''
    const kinds = ['pending', 'temporary', 'data'] as const
    for await (const { place, kind, uploadId } of scan(this.#root, prefix, kinds)) {
      signal?.throwIfAborted()
      if (uploadId === last) continue
      // data without a descriptor: a run died while it completed
      if (kind === 'data') {
        if (isCommitted(await readDescriptor(place), uploadId)) continue
      }
      last = uploadId
      yield { key: place.key, uploadId, initiated: uploadTime(uploadId) }
    }
  }

  async lastActivity(upload: PendingUpload, signal?: AbortSignal): Promise<Date | undefined> {
    signal?.throwIfAborted()
    const place = await this.#placeOf(upload)
    return place && (await uploadActivity(place, upload.uploadId))
  }

  // the times of files are those of this host, or of a server that is near
  now(): Date {
    return new Date()
  }

  async abortUpload(upload: PendingUpload, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const place = await this.#placeOf(upload)
    if (place !== undefined) await removeUpload(place, upload.uploadId)
  }

  /** undefined: the directory of its files is gone. */
  async #placeOf({ key, uploadId }: PendingUpload): Promise<ObjectPlace | undefined> {
    const place = objectPlace(this.#root, key)
    if (!isUploadId(uploadId)) {
      throw new Z3Error(
        'no-such-upload',
        `${JSON.stringify(uploadId)} is no upload of ${this.title}`,
      )
    }
    await checkRoot(this.#root)
    const there = await directoryExists(this.#root, place.directories)
    return there ? place : undefined
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const place = objectPlace(this.#root, key)
    await checkRoot(this.#root)
    if (!(await directoryExists(this.#root, place.directories))) return
    const found = await readDescriptor(place)
    if (found?.state !== 'complete') return
    await removeFile(filePath(place, 'descriptor'))
    // before its data goes: a descriptor without data is a damaged object
    await syncDirectory(place.directory)
    await removeFile(filePath(place, 'data', found.uploadId))
    await removeEmptyDirectories(this.#root, place.directories)
  }

  close(): void {
    // nothing is held between calls
  }

  /** @throws Z3Error `no-such-key` */
  async #find(key: string): Promise<[ObjectPlace, Descriptor]> {
    const place = objectPlace(this.#root, key)
    await checkRoot(this.#root)
    const found = (await directoryExists(this.#root, place.directories))
      ? await readDescriptor(place)
      : undefined
    if (found?.state === 'complete') return [place, found]
    throw new Z3Error('no-such-key', `no object '${key}' in ${this.title}`)
  }
}

async function* batches(files: AsyncIterable<FoundFile>): AsyncGenerator<FoundFile[]> {
  let batch: FoundFile[] = []
  for await (const file of files) {
    batch.push(file)
    if (batch.length < READ_AHEAD) continue
    yield batch
    batch = []
  }
  yield batch
}
