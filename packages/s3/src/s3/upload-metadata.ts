import { randomBytes } from 'node:crypto'
import { partSize, type PartSchedule } from '@z3/core'
import type { ObjectInfo } from '../object-info.js'

/**
 * The metadata key for the part sizes (docs/format.md), with which the ETag can be recomputed from
 * the data.
 */
const PART_SIZES = 'part-sizes'

/** `5242880`: all parts; `5242880 3400 250 536870912`: floor, steady, doubleEvery, ceiling. */
export function formatPartSizes({ floor, steady, doubleEvery, ceiling }: PartSchedule): string {
  const sizes =
    doubleEvery === 0 ? [Math.min(floor, ceiling)] : [floor, steady, doubleEvery, ceiling]
  return sizes.join(' ')
}

/** @returns undefined for any other text */
export function parsePartSizes(text: string | undefined): PartSchedule | undefined {
  const [, floor, , steady, doubleEvery, ceiling] =
    /^([1-9]\d{0,14})( (\d{1,5}) ([1-9]\d{0,4}) ([1-9]\d{0,14}))?$/.exec(text ?? '') ?? []
  if (floor === undefined) return undefined
  if (ceiling === undefined) return equalParts(Number(floor))
  return {
    ...equalParts(Number(floor)),
    steady: Number(steady),
    doubleEvery: Number(doubleEvery),
    ceiling: Number(ceiling),
  }
}

/** All parts but the last have this size, bytes. */
export function equalParts(size: number): PartSchedule {
  return { floor: size, steady: MOST_PARTS, doubleEvery: 0, ceiling: size, maxParts: MOST_PARTS }
}

const MOST_PARTS = 10_000

/**
 * The part sizes of an object.
 *
 * @param size of the object, bytes
 * @returns undefined if the schedule does not hold so much
 */
export function listSizes(schedule: PartSchedule, size: number): readonly number[] {
  const sizes: number[] = []
  let left = size
  while (left > 0) {
    const next = Math.min(partSize(schedule, sizes.length + 1), left)
    if (sizes.push(next) > MOST_PARTS) return []
    left -= next
  }
  return sizes
}

/**
 * The metadata key by which an upload recognizes its own object (docs/format.md). With a hyphen,
 * since Ceph and Swift change an underscore.
 */
const UPLOAD_NONCE = 'upload-nonce'

/** S3's limit for user metadata, keys and values, bytes. */
const METADATA_LIMIT = 2048

/**
 * Add a nonce for the upload and the part sizes to metadata.
 *
 * @returns neither if they do not fit
 */
export function addNonce(
  metadata: Readonly<Record<string, string>>,
  schedule: PartSchedule | undefined,
): {
  readonly metadata: Readonly<Record<string, string>>
  readonly nonce: string | undefined
} {
  const nonce = randomBytes(12).toString('hex')
  const known = { ...metadata, [UPLOAD_NONCE]: nonce }
  const all = schedule ? { ...known, [PART_SIZES]: formatPartSizes(schedule) } : known
  if (fitsMetadata(all)) return { metadata: all, nonce }
  return fitsMetadata(known) ? { metadata: known, nonce } : { metadata, nonce: undefined }
}

/** Whether S3 accepts so much user metadata. */
export function fitsMetadata(metadata: Readonly<Record<string, string>>): boolean {
  return Buffer.byteLength(Object.entries(metadata).flat().join('')) <= METADATA_LIMIT
}

/** The original metadata, and what `addNonce` added. */
export function splitNonce(
  metadata: Readonly<Record<string, string>> = {},
): Pick<ObjectInfo, 'metadata' | 'nonce' | 'partSizes'> {
  const { [UPLOAD_NONCE]: nonce, [PART_SIZES]: sizes, ...given } = metadata
  return { metadata: given, nonce, partSizes: parsePartSizes(sizes) }
}
