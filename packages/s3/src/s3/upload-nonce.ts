import { randomBytes } from 'node:crypto'
import type { PartSchedule } from '@z3/core'
import type { ObjectInfo } from '../object-store.js'
import { formatPartSizes, parsePartSizes, PART_SIZES } from '../part-sizes.js'

/**
 * The key of the metadata by which an upload knows its own object again
 * (docs/format.md). With a hyphen: Ceph and Swift change an underscore.
 */
const UPLOAD_NONCE = 'upload-nonce'

/** What S3 takes of user metadata, keys and values, bytes. */
const METADATA_LIMIT = 2048

/**
 * Metadata with a nonce for one upload, and how it is cut into parts.
 *
 * @returns neither where there is no room for it
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
  if (fits(all)) return { metadata: all, nonce }
  return fits(known) ? { metadata: known, nonce } : { metadata, nonce: undefined }
}

function fits(metadata: Readonly<Record<string, string>>): boolean {
  return Buffer.byteLength(Object.entries(metadata).flat().join('')) <= METADATA_LIMIT
}

/** Metadata as they were given, and what `addNonce` has added beside. */
export function splitNonce(
  metadata: Readonly<Record<string, string>> = {},
): Pick<ObjectInfo, 'metadata' | 'nonce' | 'partSizes'> {
  const { [UPLOAD_NONCE]: nonce, [PART_SIZES]: sizes, ...given } = metadata
  return { metadata: given, nonce, partSizes: parsePartSizes(sizes) }
}
