import {
  manifestKey,
  MAX_MANIFEST,
  parseManifest,
  Z3Error,
  type ErrorCode,
  type Manifest,
} from '@z3/core'
import type { ObjectInfo, ObjectStore, ObjectSummary } from '../object-store.js'

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
 * @param listed of the manifest, where it was listed: that saves a request
 * @throws the signal's reason
 */
export async function fetchManifest(
  store: ObjectStore,
  prefix: string,
  info: ObjectInfo,
  signal: AbortSignal,
  listed?: ObjectSummary,
): Promise<FoundManifest> {
  const { key } = info
  const name = key.slice(prefix.length)
  if (!key.startsWith(prefix) || !name.includes('@')) return NONE
  const unusable = (why: string): FoundManifest => ({
    ...NONE,
    note: `the manifest of '${key}' ${why}; ignored`,
  })
  let text: string | undefined
  try {
    text = await readText(store, manifestKey(prefix, name), MAX_MANIFEST, signal, listed)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    return error.code === 'no-such-key' ? NONE : unusable(`cannot be read: ${error.message}`)
  }
  if (text === undefined) return unusable('is too large')
  const read = parseManifest(text, key)
  if ('problem' in read) return unusable(read.problem)
  const { manifest } = read
  const isRewritten = manifest.etag !== info.etag
  const isSameUpload = manifest.nonce !== undefined && manifest.nonce === info.nonce
  // the upload that replaced the object has not written its manifest yet
  if (isRewritten && !isSameUpload) return unusable('belongs to a replaced object')
  return { manifest, note: undefined, isRewritten }
}

/**
 * Read a small object.
 *
 * @param listed what a listing says of it
 * @returns undefined: it has more than `most` bytes
 * @throws Z3Error of the store, `no-such-key`
 */
export async function readText(
  store: ObjectStore,
  key: string,
  most: number,
  signal: AbortSignal,
  listed?: ObjectSummary,
): Promise<string | undefined> {
  const { size, etag } = listed ?? (await store.head(key, signal))
  if (size > most) return undefined
  const into = new Uint8Array(new SharedArrayBuffer(size))
  try {
    if (size > 0) await store.read(key, { offset: 0, into, etag, size, signal })
  } catch (error) {
    const isChanged = error instanceof Z3Error && CHANGED.includes(error.code)
    // replaced since it was listed
    if (listed && isChanged) return readText(store, key, most, signal)
    throw error
  }
  return Buffer.from(into).toString('utf8')
}

const CHANGED: readonly ErrorCode[] = ['object-changed', 'size-mismatch']
