import { open, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { Z3Error } from '@z3/core'
import { crc32Combine } from '../crc32-combine.js'
import type {
  MultipartUpload,
  ObjectInfo,
  Part,
  PartHasher,
  UploadedPart,
  UploadOptions,
} from '../object-store.js'
import { commitUpload, noSuchUpload } from './commit-upload.js'
import { fileError, isMissing, withFileErrors } from './file-error.js'
import { newUploadId } from './file-names.js'
import { makeDirectories } from './make-directories.js'
import { filePath, type ObjectPlace } from './object-place.js'
import { removeEmptyDirectories } from './remove-empty-directories.js'
import { removeUpload } from './remove-upload.js'

/** Bytes of one write(2): an abort waits for no more. */
const CHUNK = 1 << 20

/** Begin an upload: its pending file is there when this returns. */
export async function createFileUpload(
  place: ObjectPlace,
  options: UploadOptions,
): Promise<MultipartUpload> {
  const uploadId = newUploadId()
  const path = filePath(place, 'pending', uploadId)
  for (let tries = 1; ; tries++) {
    try {
      await makeDirectories(place.root, place.directories)
      const handle = await open(path, 'wx')
      return new FileUpload(place, uploadId, handle, options)
    } catch (error) {
      // a delete or an abort in another run may just have tidied it away
      if (isMissing(error) && tries < 10) continue
      await removeEmptyDirectories(place.root, place.directories)
      throw fileError(error, 'cannot create', path)
    }
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
  readonly #handle: FileHandle
  readonly #overwrite: boolean
  readonly #metadata: Readonly<Record<string, string>>
  readonly #written = new Map<number, WrittenPart>()
  #ended = false

  constructor(place: ObjectPlace, uploadId: string, handle: FileHandle, options: UploadOptions) {
    this.key = place.key
    this.uploadId = uploadId
    this.#place = place
    this.#handle = handle
    this.#overwrite = options.overwrite
    this.#metadata = { ...options.metadata }
  }

  hasher(): PartHasher {
    let crc = 0
    return {
      update: (chunk) => {
        crc = crc32(chunk, crc)
      },
      digest: () => ({ crc32: crc }),
    }
  }

  async uploadPart(part: Part, signal?: AbortSignal): Promise<UploadedPart> {
    const { partNumber, offset, body, digest } = part
    const path = filePath(this.#place, 'pending', this.uploadId)
    // Node takes an offset that is none for `where the last write ended`
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw this.#wrong(`cannot have a part at ${String(offset)}`)
    }
    this.#forget(offset, body.length)
    // again over what is written, as a server does over what it receives: a
    // buffer that was changed too early must not pass
    let crc = 0
    await withFileErrors('cannot write', path, async () => {
      for (let done = 0; done < body.length;) {
        signal?.throwIfAborted()
        this.#checkOpen()
        const chunk = body.subarray(done, done + CHUNK)
        crc = crc32(chunk, crc)
        await this.#write(chunk, offset + done)
        done += chunk.length
      }
    })
    signal?.throwIfAborted()
    this.#checkOpen()
    if (digest.crc32 !== undefined && digest.crc32 !== crc) {
      throw new Z3Error(
        'checksum-mismatch',
        `part ${String(partNumber)} of '${this.key}' changed on its way`,
        { hint: 'The memory of this host may be failing: test it.' },
      )
    }
    const written = {
      partNumber,
      offset,
      size: body.length,
      etag: `"${hex(crc)}"`,
      crc32: crc,
    }
    this.#written.set(partNumber, written)
    return written
  }

  /** Parts that are written over, a former try of the same one too, are gone. */
  #forget(offset: number, length: number): void {
    for (const [partNumber, part] of this.#written) {
      const before = part.offset + part.size <= offset
      const after = offset + length <= part.offset
      if (!before && !after) this.#written.delete(partNumber)
    }
  }

  async #write(chunk: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await this.#handle.write(
        chunk,
        done,
        chunk.length - done,
        offset + done,
      )
      done += bytesWritten
    }
  }

  async complete(parts: readonly UploadedPart[], signal?: AbortSignal): Promise<ObjectInfo> {
    signal?.throwIfAborted()
    this.#checkOpen()
    const { size, crc } = this.#assemble(parts)
    const path = filePath(this.#place, 'pending', this.uploadId)
    await withFileErrors('cannot sync', path, async () => {
      const found = await this.#handle.stat()
      if (found.size !== size) {
        throw this.#wrong(`has ${String(found.size)} bytes, its parts ${String(size)}`)
      }
      await this.#handle.sync()
    })
    // from here on it is a matter of a few small files
    signal?.throwIfAborted()
    const info = {
      key: this.key,
      size,
      etag: `"${hex(crc)}-${this.uploadId}"`,
      metadata: this.#metadata,
      modified: new Date(),
      crc32: crc,
    }
    await commitUpload(
      this.#place,
      { state: 'complete', uploadId: this.uploadId, ...info },
      this.#overwrite,
    )
    await this.#end()
    return info
  }

  /** The size and the CRC-32 of all parts, which must be those written. */
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
    // waits for writes that are under way; what close(2) may complain of was
    // reported by fsync, or is to be thrown away
    await this.#handle.close().catch(() => undefined)
  }

  #checkOpen(): void {
    if (this.#ended) throw noSuchUpload(this.key)
  }

  #wrong(problem: string): Z3Error {
    return new Z3Error('size-mismatch', `the upload of '${this.key}' ${problem}`, {
      hint: 'This is a mistake in the program: please report it.',
    })
  }
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}
