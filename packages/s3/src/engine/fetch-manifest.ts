import { manifestKey, MAX_MANIFEST, parseManifest, Z3Error, type Manifest } from '@z3/core'
import type { ObjectStore } from '../object-store.js'
import type { ObjectInfo } from '../object-info.js'

/** The manifest of an object, if there is a usable one. */
export interface FoundManifest {
  readonly manifest: Manifest | undefined
  /** Why a manifest is unusable, in one line. */
  readonly note: string | undefined
  /** The object's ETag differs from the manifest: it was copied or replaced. */
  readonly isRewritten: boolean
}

const NONE: FoundManifest = { manifest: undefined, note: undefined, isRewritten: false }

/**
 * Read the manifest of an object. A missing, damaged or foreign manifest is only noted, since no
 * object needs one.
 *
 * @param prefix S3_PREFIX, with its slash
 * @throws the signal's reason
 */
export async function fetchManifest(
  store: ObjectStore,
  prefix: string,
  info: Pick<ObjectInfo, 'key' | 'etag' | 'nonce'>,
  signal: AbortSignal,
): Promise<FoundManifest> {
  const { key } = info
  const name = key.slice(prefix.length)
  if (!key.startsWith(prefix) || !name.includes('@')) return NONE
  const unusable = (why: string): FoundManifest => ({
    ...NONE,
    note: `the manifest of '${key}' ${why}; ignored`,
  })
  let content: Uint8Array | undefined
  try {
    content = await store.get(manifestKey(prefix, name), MAX_MANIFEST, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    return error.code === 'no-such-key' ? NONE : unusable(`cannot be read: ${error.message}`)
  }
  if (content === undefined) return unusable('is too large')
  const read = parseManifest(Buffer.from(content).toString('utf8'), key)
  if ('problem' in read) return unusable(read.problem)
  const { manifest } = read
  const isRewritten = manifest.etag !== info.etag
  const isSameUpload = manifest.nonce !== undefined && manifest.nonce === info.nonce
  // the upload that replaced the object has not written its manifest yet
  if (isRewritten && !isSameUpload) return unusable('belongs to a replaced object')
  return { manifest, note: undefined, isRewritten }
}
