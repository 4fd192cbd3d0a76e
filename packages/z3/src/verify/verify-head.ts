import { comparisonOf, confirmObject } from '@z3/backup'
import { Z3Error, type StoredSnapshot } from '@z3/core'
import { fetchManifest, type FoundManifest, type ObjectInfo } from '@z3/s3'
import type { VerifyTools } from './tools.js'

/**
 * Check that an object exists as it was listed, with the size and the ETag of its manifest.
 *
 * Needs no HEAD if this run has already sent one, and does not read a manifest again that an
 * earlier run has compared, unless the object or the manifest was replaced since.
 *
 * @returns the `comparisonOf` the object, to be recorded; undefined: no manifest was compared
 * @throws Z3Error `size-mismatch`, `checksum-mismatch`, `object-changed`, `no-such-key`
 */
export async function verifyHead(
  object: StoredSnapshot,
  tools: VerifyTools,
): Promise<string | undefined> {
  const { listed, confirmed, compared } = tools
  const { key, bytes: size = NaN, etag = '' } = object
  const info = confirmed ? { key, size, etag, ...confirmed } : await findListed(object, tools)
  const comparison = comparisonOf(object, listed?.manifest)
  if (comparison !== undefined && comparison === compared) return comparison
  const found = await findManifest(info, tools)
  checkHead(info, found)
  return found.manifest && comparison
}

/** @throws Z3Error `size-mismatch`, `checksum-mismatch` */
function checkHead(
  { key, size, etag }: Pick<ObjectInfo, 'key' | 'size' | 'etag'>,
  { manifest, isRewritten }: FoundManifest,
): void {
  if (manifest && manifest.bytes !== size) {
    throw new Z3Error(
      'size-mismatch',
      `object '${key}' has ${String(size)} bytes, and ${String(manifest.bytes)} in its manifest`,
    )
  }
  if (manifest && isRewritten) {
    throw new Z3Error(
      'checksum-mismatch',
      `object '${key}' has the ETag ${etag}, and ${manifest.etag} in its manifest: it was written anew, or copied; --level data tells`,
    )
  }
}

/** The manifest of an object, unless it is known that there is none. */
export async function findManifest(
  info: Pick<ObjectInfo, 'key' | 'etag' | 'nonce'>,
  { store, config, listed, note, signal }: VerifyTools,
): Promise<FoundManifest> {
  const { MANIFEST: uses, S3_PREFIX: prefix } = config.settings
  if (uses === 'no' || (listed && !listed.manifest)) {
    return { manifest: undefined, note: undefined, isRewritten: false }
  }
  const found = await fetchManifest(store, prefix, info, signal)
  if (found.note !== undefined) note(found.note)
  return found
}

/**
 * The object that was listed: the metadata of another one at its key may differ.
 *
 * @throws Z3Error `size-mismatch`, `object-changed`, `no-such-key`
 */
export async function findListed(
  { key, bytes = NaN, etag = '' }: StoredSnapshot,
  { store, signal }: VerifyTools,
): Promise<ObjectInfo> {
  const found = await confirmObject(store, { key, size: bytes, etag }, signal)
  if (!found) throw new Z3Error('no-such-key', `object '${key}' was deleted (${store.title})`)
  if ('problem' in found) throw found.problem
  if (found.etag === etag && found.size === bytes) return found
  throw new Z3Error('object-changed', `object '${key}' was replaced since it was listed`)
}
