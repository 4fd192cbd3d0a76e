import { link, lstat, open, rename, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { Z3Error } from '@z3/core'
import { completionUnknown, mayStand, reasonOf } from '../upload-errors.js'
import { crc32Combine } from '../crc32.js'
import type { ObjectInfo } from '../object-info.js'
import type { MultipartUpload, Part } from '../multipart-upload.js'
import type { PartHasher, UploadedPart, UploadOptions } from '../multipart-upload.js'
import { partHasher } from '../part-hasher.js'
import { errno, fileError, ifThere, isMissing, makeDirectories } from './files.js'
import { removeEmptyDirectories, removeFile, renameFile } from './files.js'
import { syncDirectory, withFileErrors } from './files.js'
import { filePaths, newUploadId, type ObjectPlace } from './layout.js'
import { checkData, CHUNK, formatDescriptor, hex } from './object.js'
import { readDescriptor, type Descriptor } from './object.js'

type Paths = ReturnType<typeof filePaths>

/** Errors of file systems without hard links (vfat, exFAT, some SMB). */
const NO_LINKS = /^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS)$/

/** Begin an upload: its pending file exists on return. */
export async function createFileUpload(
  place: ObjectPlace,
  options: UploadOptions,
): Promise<MultipartUpload> {
  const uploadId = newUploadId()
  const path = filePaths(place, uploadId).pending
  let handle: FileHandle | undefined
  for (let tries = 1; handle === undefined; tries++) {
    try {
      await makeDirectories(place)
      handle = await open(path, 'wx')
    } catch (error) {
      // a delete or abort in another run may have just removed the directory
      if (isMissing(error) && tries < 10) continue
      await removeEmptyDirectories(place)
      throw fileError(error, 'cannot create', path)
    }
  }
  const upload = new FileUpload(place, uploadId, handle, options)
  try {
    if (!options.overwrite) await checkLinks(place.root, filePaths(place, uploadId))
    return upload
  } catch (error) {
    await leaveIfFailing(upload.abort())
    throw error
  }
}

interface WrittenPart extends UploadedPart {
  readonly offset: number
  readonly crc32: number
}

class FileUpload implements MultipartUpload {
  readonly key: string
  readonly uploadId: string
  readonly #place: ObjectPlace
  readonly #paths: Paths
  readonly #handle: FileHandle
  readonly #overwrite: boolean
  readonly #metadata: Readonly<Record<string, string>>
  readonly #written = new Map<number, WrittenPart>()
  #ended = false

  constructor(place: ObjectPlace, uploadId: string, handle: FileHandle, options: UploadOptions) {
    this.key = place.key
    this.uploadId = uploadId
    this.#place = place
    this.#paths = filePaths(place, uploadId)
    this.#handle = handle
    this.#overwrite = options.overwrite
    this.#metadata = { ...options.metadata }
  }

  hasher(): PartHasher {
    return partHasher(['crc32'])
  }

  async uploadPart(part: Part, signal?: AbortSignal): Promise<UploadedPart> {
    const { partNumber, offset, body, digest } = part
    // Node takes an invalid offset for the current position
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw this.#wrong(`cannot have a part at ${String(offset)}`)
    }
    this.#forget(offset, body.length)
    // computed from the written buffer, as a server does from what it receives: a buffer that was
    // changed too early must be detected
    let crc = 0
    await withFileErrors('cannot write', this.#paths.pending, async () => {
      for (let done = 0; done < body.length;) {
        this.#checkOpen(signal)
        const length = Math.min(CHUNK, body.length - done)
        const { bytesWritten } = await this.#handle.write(body, done, length, offset + done)
        crc = crc32(body.subarray(done, done + bytesWritten), crc)
        done += bytesWritten
      }
    })
    this.#checkOpen(signal)
    if (digest.crc32 !== undefined && digest.crc32 !== crc) {
      const message = `part ${String(partNumber)} of '${this.key}' changed during transfer`
      throw new Z3Error('checksum-mismatch', message, {
        hint: 'The memory of this host may be faulty: test it.',
      })
    }
    const written = { partNumber, offset, size: body.length, etag: `"${hex(crc)}"`, crc32: crc }
    this.#written.set(partNumber, written)
    return written
  }

  /** Overwritten parts, including a previous attempt of the same part, no longer count. */
  #forget(offset: number, length: number): void {
    for (const [partNumber, part] of this.#written) {
      const apart = part.offset + part.size <= offset || offset + length <= part.offset
      if (!apart) this.#written.delete(partNumber)
    }
  }

  async complete(parts: readonly UploadedPart[], signal?: AbortSignal): Promise<ObjectInfo> {
    this.#checkOpen(signal)
    const { size, crc } = this.#assemble(parts)
    await withFileErrors('cannot sync', this.#paths.pending, async () => {
      const found = await this.#handle.stat()
      if (found.size !== size) {
        throw this.#wrong(`has ${String(found.size)} bytes, its parts ${String(size)}`)
      }
      await this.#handle.sync()
    })
    // from here on, only a few small files are involved
    signal?.throwIfAborted()
    const info = {
      key: this.key,
      size,
      etag: `"${hex(crc)}-${this.uploadId}"`,
      metadata: this.#metadata,
      modified: new Date(),
      crc32: crc,
    }
    try {
      await this.#commit({ uploadId: this.uploadId, ...info })
    } catch (error) {
      if (mayStand(error)) await this.#end()
      throw error
    }
    await this.#end()
    return info
  }

  /**
   * Turn the upload into an object. Each step is durable before the next: the data gets its final
   * name, the descriptor is put in place, the data of a replaced object is removed. If a step
   * before the descriptor fails, the upload is pending again.
   */
  async #commit(descriptor: Descriptor): Promise<void> {
    const [place, paths] = [this.#place, this.#paths]
    const replaced = await readDescriptor(place)
    // placing it would detect this too, but now nothing has to be undone
    if (replaced !== undefined && !this.#overwrite) throw objectExists(this.key)
    try {
      await removeFile(paths.temporary)
      await writeTemporary(paths.temporary, descriptor, place)
      if (!(await renameFile(paths.pending, paths.data))) throw noSuchUpload(this.key)
      for (const path of [place.root, ...place.parents].reverse()) await syncDirectory(path)
    } catch (error) {
      await this.#makePending()
      throw error
    }
    try {
      await this.#placeDescriptor()
      await syncDirectory(place.directory)
      await verify(place, descriptor)
    } catch (error) {
      throw await this.#undo(error)
    }
    if (replaced !== undefined) {
      await leaveIfFailing(removeFile(filePaths(place, replaced.uploadId).data))
    }
  }

  /**
   * Put the temporary descriptor in place, which creates the object: with rename(2) for
   * `overwrite`, else with link(2).
   *
   * @throws Z3Error `object-exists`
   */
  async #placeDescriptor(): Promise<void> {
    const { temporary, descriptor } = this.#paths
    try {
      await (this.#overwrite ? rename : link)(temporary, descriptor)
    } catch (error) {
      // a network file system that repeats a request after a lost answer may report that the second
      // attempt failed because the first succeeded
      if (!(await isPlaced(this.#place, this.uploadId))) {
        if (errno(error) === 'EEXIST') throw objectExists(this.key)
        throw fileError(error, 'cannot create', descriptor)
      }
    }
    await removeFile(temporary)
  }

  /**
   * Restore the previous state, unless an overwritten object no longer exists.
   *
   * @returns the error to throw, which describes the current state
   */
  async #undo(error: unknown): Promise<unknown> {
    const { descriptor, temporary } = this.#paths
    let stands: boolean
    try {
      const placed = await isPlaced(this.#place, this.uploadId)
      stands = placed && this.#overwrite
      if (placed && !stands) await removeFile(descriptor)
    } catch {
      return completionUnknown(this.key, error)
    }
    if (!stands) {
      await this.#makePending()
      return error
    }
    await leaveIfFailing(removeFile(temporary))
    if (error instanceof Z3Error && error.code === 'size-mismatch') return error
    return new Z3Error(
      'completed-unchecked',
      `the object '${this.key}' exists, but a crash may damage or lose it: ${reasonOf(error)}`,
      { hint: 'Check the disk or share and the kernel log, then upload again.', cause: error },
    )
  }

  async #makePending(): Promise<void> {
    const { data, pending, temporary } = this.#paths
    await leaveIfFailing(removeFile(temporary))
    await leaveIfFailing(renameFile(data, pending))
  }

  /** Size and CRC-32 of all parts, which must be the written ones. */
  #assemble(parts: readonly UploadedPart[]): { size: number; crc: number } {
    let size = 0
    let crc = 0
    if (parts.length === 0) throw this.#wrong('has no part')
    for (const [index, { partNumber, etag }] of parts.entries()) {
      const written = this.#written.get(partNumber)
      if (partNumber !== index + 1 || written?.etag !== etag || written.offset !== size) {
        throw this.#wrong(`lacks part ${String(index + 1)}`)
      }
      size += written.size
      crc = crc32Combine(crc, written.crc32, written.size)
    }
    return { size, crc }
  }

  async abort(): Promise<void> {
    await this.#end()
    await removeUpload(this.#place, this.uploadId)
  }

  async #end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    // waits for pending writes; errors of close(2) were reported by fsync, or the data is discarded
    await this.#handle.close().catch(() => undefined)
  }

  #checkOpen(signal?: AbortSignal): void {
    signal?.throwIfAborted()
    if (this.#ended) throw noSuchUpload(this.key)
  }

  #wrong(problem: string): Z3Error {
    return new Z3Error('size-mismatch', `the upload of '${this.key}' ${problem}`, {
      hint: 'This is a bug: please report it.',
    })
  }
}

/**
 * A new object is put in place with link(2), which fails if another exists, also on NFS. Node
 * offers no other atomic way, so a file system without hard links is refused before any upload.
 *
 * @throws Z3Error `not-implemented`
 */
async function checkLinks(root: string, { pending, temporary }: Paths): Promise<void> {
  try {
    await link(pending, temporary)
  } catch (error) {
    if (NO_LINKS.test(errno(error))) {
      const why = 'creating an object there could replace another one'
      throw new Z3Error(
        'not-implemented',
        `the file system of '${root}' has no hard links: ${why}`,
        {
          hint: 'Use a file system with hard links (ext4, XFS, ZFS, NFS), or --overwrite.',
          cause: error,
        },
      )
    }
    // NFS repeats a request after a lost answer: the link exists
    if (errno(error) !== 'EEXIST') throw fileError(error, 'cannot create', temporary)
  }
  await removeFile(temporary)
}

async function writeTemporary(path: string, descriptor: Descriptor, place: ObjectPlace) {
  await withFileErrors('cannot write', path, async () => {
    const handle = await open(path, 'wx').catch((error: unknown) => {
      throw isMissing(error) ? noSuchUpload(place.key) : error
    })
    try {
      await handle.writeFile(formatDescriptor(descriptor, place.base))
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}

/** Check an object as a reader would. */
async function verify(place: ObjectPlace, { uploadId }: Descriptor): Promise<void> {
  const found = await readDescriptor(place)
  if (found?.uploadId === uploadId) {
    await checkData(place, found)
    return
  }
  const what = `the object '${place.key}' was replaced or deleted right after its completion`
  throw new Z3Error('object-changed', what, {
    hint: 'Check whether another run writes to the same key.',
  })
}

/** Whether the current descriptor belongs to this upload. */
export async function isPlaced(place: ObjectPlace, uploadId: string): Promise<boolean> {
  return (await readDescriptor(place))?.uploadId === uploadId
}

/** The first error says more, and listUploads finds what remains. */
async function leaveIfFailing(tidying: Promise<unknown>): Promise<void> {
  await tidying.catch(() => undefined)
}

/**
 * Remove all files of an incomplete upload; those of a complete one stay. Safe while another
 * process commits the same upload: a commit begins by renaming the pending file, and the second of
 * the two does not find it.
 */
export async function removeUpload(place: ObjectPlace, uploadId: string): Promise<void> {
  const { data, pending, temporary } = filePaths(place, uploadId)
  // a run that died during Complete has only renamed the data
  if (!(await removeFile(pending)) && !(await isPlaced(place, uploadId))) {
    await renameFile(data, pending)
    // if that run was not dead but slow, its object exists now: give the data back; if not yet, it
    // will miss the data and fail
    if (await isPlaced(place, uploadId)) await renameFile(pending, data)
    else await removeFile(pending)
  }
  await removeFile(temporary)
  await removeEmptyDirectories(place)
}

/**
 * When a file of an upload was last written; undefined if it has none. Data of a complete object
 * does not count.
 */
export async function uploadActivity(
  place: ObjectPlace,
  uploadId: string,
): Promise<Date | undefined> {
  const paths = filePaths(place, uploadId)
  const times: Date[] = []
  // in the order in which a Complete renames them, so that the file is found under one name or the
  // other
  for (const path of [paths.pending, paths.data, paths.temporary]) {
    const found = await ifThere('cannot access', path, () => lstat(path))
    if (found === undefined) continue
    if (path === paths.data && (await isPlaced(place, uploadId))) continue
    times.push(found.mtime)
  }
  return times.sort((a, b) => Number(a) - Number(b)).at(-1)
}

function noSuchUpload(key: string): Z3Error {
  return new Z3Error('no-such-upload', `the upload of '${key}' was completed or aborted`, {
    hint: 'Check whether another run or z3 cleanup ended it.',
  })
}

function objectExists(key: string): Z3Error {
  return new Z3Error('object-exists', `the object '${key}' already exists`, {
    hint: 'Choose another key, or use --overwrite.',
  })
}
