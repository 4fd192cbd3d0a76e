import { randomBytes } from 'node:crypto'
import type { ObjectInfo } from './object-store.js'

/**
 * The key of the metadata by which an upload knows its own object again
 * (docs/format.md). With a hyphen: Ceph and Swift change an underscore.
 */
const UPLOAD_NONCE = 'upload-nonce'

/** What S3 takes of user metadata, keys and values, bytes. */
const METADATA_LIMIT = 2048

/**
 * Metadata with a nonce for one upload.
 *
 * @returns no nonce where there is no room for it
 */
export function addNonce(metadata: Readonly<Record<string, string>>): {
  readonly metadata: Readonly<Record<string, string>>
  readonly nonce: string | undefined
} {
  const nonce = randomBytes(12).toString('hex')
  const all = { ...metadata, [UPLOAD_NONCE]: nonce }
  const bytes = Buffer.byteLength(Object.entries(all).flat().join(''))
  return bytes <= METADATA_LIMIT ? { metadata: all, nonce } : { metadata, nonce: undefined }
}

/** Metadata as they were given, and the nonce of the upload beside. */
export function splitNonce(
  metadata: Readonly<Record<string, string>> = {},
): Pick<ObjectInfo, 'metadata' | 'nonce'> {
  const { [UPLOAD_NONCE]: nonce, ...given } = metadata
  return { metadata: given, nonce }
}
