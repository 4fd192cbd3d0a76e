import { Z3Error } from '@z3/core'
import type { ObjectInfo } from '../object-store.js'
import { fileName, isUploadId, parseFileName } from './file-names.js'

/** An object, as its descriptor tells it. */
export interface Descriptor extends ObjectInfo {
  readonly state: 'complete'
  readonly uploadId: string
  readonly modified: Date
  readonly crc32: number
}

/**
 * What stands at a descriptor's place for a moment where there is no link(2):
 * an upload is about to be complete there, and none other may.
 */
export interface Reservation {
  readonly state: 'reserved'
  readonly uploadId: string
}

/** No descriptor is longer, bytes: metadata and key have limits of their own. */
export const MAX_DESCRIPTOR = 65_536

const VERSION = 1

/** Write a descriptor, as JSON for people too. */
export function formatDescriptor(entry: Descriptor | Reservation, base: string): string {
  const { uploadId } = entry
  const fields =
    entry.state === 'reserved'
      ? { reserved: uploadId }
      : {
          key: entry.key,
          size: entry.size,
          etag: entry.etag,
          crc32: entry.crc32.toString(16).padStart(8, '0'),
          metadata: entry.metadata,
          modified: entry.modified.toISOString(),
          data: fileName('data', base, uploadId),
        }
  return `${JSON.stringify({ version: VERSION, ...fields }, null, 2)}\n`
}

/**
 * Read a descriptor. Anyone may have written it: nothing of it is believed
 * before it was checked, least of all the name of the data file.
 *
 * @param path for messages
 * @param base what its data file's name must begin with
 * @throws Z3Error `store-rejected`
 */
export function parseDescriptor(
  text: string,
  path: string,
  base: string,
): Descriptor | Reservation {
  const fields = parseObject(text)
  if (fields === undefined) throw rejected(path, 'is not a JSON object')
  if (typeof fields['version'] === 'number' && fields['version'] > VERSION) {
    throw rejected(path, 'is of a newer version', 'Update z3.')
  }
  const entry = fields['version'] === VERSION ? readFields(fields, base) : undefined
  if (entry === undefined) throw rejected(path, 'is not a valid descriptor')
  return entry
}

function readFields(
  fields: Readonly<Record<string, unknown>>,
  base: string,
): Descriptor | Reservation | undefined {
  const { key, size, etag, crc32, metadata, modified, data, reserved } = fields
  if (typeof reserved === 'string' && isUploadId(reserved)) {
    return { state: 'reserved', uploadId: reserved }
  }
  const file = typeof data === 'string' ? parseFileName(data) : undefined
  const time = typeof modified === 'string' ? new Date(modified) : undefined
  const valid =
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
  return {
    state: 'complete',
    uploadId: file.uploadId,
    key,
    size,
    etag,
    metadata,
    modified: time,
    crc32: parseInt(crc32, 16),
  }
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

function isMetadata(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((v) => typeof v === 'string')
}

/** The error for a descriptor that cannot be believed. */
export function rejected(path: string, problem: string, hint?: string): Z3Error {
  return new Z3Error('store-rejected', `the descriptor '${path}' ${problem}`, {
    hint: hint ?? 'It is damaged, or not of z3: look at it, and move it away.',
  })
}
