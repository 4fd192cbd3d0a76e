import type { FileHandle } from 'node:fs/promises'
import { Z3Error, type ErrorCode } from '@z3/core'
import type { ReadOptions } from '../object-store.js'
import type { DamagedObject, ObjectInfo, ObjectSummary } from '../object-info.js'
import { openRegular, withFileErrors } from './files.js'
import { fileName, filePaths, parseFileName, type ObjectPlace } from './layout.js'

/** An object as described by its descriptor. */
export interface Descriptor extends ObjectInfo {
  readonly uploadId: string
  readonly modified: Date
  readonly crc32: number
}

/** Maximum size of a descriptor, bytes: metadata and key have their own limits. */
export const MAX_DESCRIPTOR = 65_536

/** Bytes per read(2) or write(2), the longest wait of an abort. */
export const CHUNK = 1 << 20

const VERSION = 1

/** A CRC-32 as in descriptors and ETags. */
export function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}

/** Format a descriptor as JSON, readable for people. */
export function formatDescriptor(entry: Descriptor, base: string): string {
  const { key, size, etag, crc32, metadata, modified, uploadId } = entry
  const fields = { key, size, etag, crc32: hex(crc32), metadata, modified: modified.toISOString() }
  const data = fileName('data', base, uploadId)
  return `${JSON.stringify({ version: VERSION, ...fields, data }, null, 2)}\n`
}

/**
 * Read the descriptor of a key; undefined if there is none. Everything in it is checked, especially
 * the name of the data file, since anyone may have written it.
 *
 * @throws Z3Error `store-rejected`
 */
export async function readDescriptor(place: ObjectPlace): Promise<Descriptor | undefined> {
  const path = filePaths(place, '').descriptor
  const file = await openRegular(path)
  if (file === undefined) return undefined
  const rejected = (
    problem: string,
    hint = 'Move it away: it is damaged or was not written by z3.',
  ) => new Z3Error('store-rejected', `the descriptor '${path}' ${problem}`, { hint })
  const text = await withFileErrors('cannot read', path, async () => {
    try {
      if (file.size > MAX_DESCRIPTOR) throw rejected('is too long')
      // half the system calls of readFile, noticeable in a long listing
      const buffer = Buffer.alloc(file.size)
      const { bytesRead } = await file.handle.read(buffer, 0, file.size, 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.handle.close()
    }
  })
  const fields = parseObject(text)
  if (fields === undefined) throw rejected('is not a JSON object')
  if (typeof fields['version'] === 'number' && fields['version'] > VERSION) {
    throw rejected('has a newer version', 'Update z3.')
  }
  const entry = readFields(fields, place.base)
  if (entry === undefined) throw rejected('is not a valid descriptor')
  if (entry.key === place.key) return entry
  throw rejected(
    `belongs to the key ${JSON.stringify(entry.key)}`,
    'It was renamed, or the file system treats both names as equal: use another prefix.',
  )
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readFields(fields: Record<string, unknown>, base: string): Descriptor | undefined {
  const { version, key, size, etag, crc32, metadata, modified, data } = fields
  const file = typeof data === 'string' ? parseFileName(data) : undefined
  const time = typeof modified === 'string' ? new Date(modified) : undefined
  const valid =
    version === VERSION &&
    typeof key === 'string' &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    typeof etag === 'string' &&
    /^"[!#-~]+"$/.test(etag) &&
    typeof crc32 === 'string' &&
    /^[0-9a-f]{8}$/.test(crc32) &&
    isMetadata(metadata) &&
    time !== undefined &&
    !Number.isNaN(time.getTime()) &&
    file?.kind === 'data' &&
    file.base === base
  if (!valid) return undefined
  const { uploadId } = file
  return { uploadId, key, size, etag, metadata, modified: time, crc32: parseInt(crc32, 16) }
}

function isMetadata(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((v) => typeof v === 'string')
}

/**
 * Open the data of an object, check its size against the descriptor, and use it.
 *
 * @throws Z3Error `object-changed`: replaced or deleted since the descriptor was read;
 *   `size-mismatch`: truncated, extended or missing
 */
async function withData(
  place: ObjectPlace,
  { uploadId, size }: Descriptor,
  use: (handle: FileHandle, path: string) => Promise<void>,
): Promise<void> {
  const path = filePaths(place, uploadId).data
  const file = await openRegular(path)
  try {
    if (file?.size === size) {
      await withFileErrors('cannot read', path, () => use(file.handle, path))
      return
    }
  } finally {
    await file?.handle.close()
  }
  if ((await readDescriptor(place))?.uploadId !== uploadId) throw objectChanged(place.key)
  const problem = file ? `has ${String(file.size)} bytes, not ${String(size)}` : 'is missing'
  throw new Z3Error('size-mismatch', `the data file '${path}' ${problem}`, {
    hint: `The object '${place.key}' is damaged: upload it again.`,
  })
}

/** Check that the data of an object exists; errors as `withData`. */
export async function checkData(place: ObjectPlace, descriptor: Descriptor): Promise<void> {
  await withData(place, descriptor, () => Promise.resolve())
}

/**
 * Read a range of an object's data.
 *
 * @throws Z3Error as `withData`; `size-mismatch`: beyond the end
 */
export async function readRange(
  place: ObjectPlace,
  descriptor: Descriptor,
  { offset, into, gauge, signal }: ReadOptions,
): Promise<void> {
  // Node takes an invalid offset for the current position
  const valid = Number.isSafeInteger(offset) && offset >= 0
  if (!valid || offset + into.length > descriptor.size) {
    const range = `bytes ${String(offset)} to ${String(offset + into.length)}`
    const problem = `are not within '${place.key}', whose size is ${String(descriptor.size)}`
    throw new Z3Error('size-mismatch', `${range} ${problem}`)
  }
  await withData(place, descriptor, async (handle, path) => {
    for (let done = 0; done < into.length;) {
      signal?.throwIfAborted()
      const length = Math.min(CHUNK, into.length - done)
      const { bytesRead } = await handle.read(into, done, length, offset + done)
      if (bytesRead === 0) {
        throw new Z3Error('size-mismatch', `the data file '${path}' was truncated during reading`, {
          hint: 'Check which other program writes to it.',
        })
      }
      done += bytesRead
      gauge?.add(bytesRead)
    }
    signal?.throwIfAborted()
  })
}

/** Errors of a single file, which do not affect other files. */
const OF_THIS_OBJECT: readonly ErrorCode[] = ['access-denied', 'size-mismatch', 'store-rejected']

/**
 * Describe an object for a listing. Checks the data file, too: a descriptor without data is no
 * backup.
 *
 * @returns undefined if it does not exist
 * @throws Z3Error `store-unavailable`, and other errors of the whole store
 */
export async function summarizeObject(
  place: ObjectPlace,
): Promise<ObjectSummary | DamagedObject | undefined> {
  try {
    const entry = await readDescriptor(place)
    if (entry === undefined) return undefined
    await checkData(place, entry)
    const { key, size, etag, modified } = entry
    return { key, size, etag, modified }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    // replaced or deleted between the two reads: describe the current object
    if (error.code === 'object-changed') return await summarizeObject(place)
    if (!OF_THIS_OBJECT.includes(error.code)) throw error
    // a system call failed, so the content is unknown
    return { key: place.key, problem: error, unreadable: error.cause !== undefined }
  }
}

/** The error for an object that was replaced since it was first read. */
export function objectChanged(key: string): Z3Error {
  const message = `the object '${key}' was replaced in the meantime`
  return new Z3Error('object-changed', message, { hint: 'Another run has replaced it: retry.' })
}
