import {
  manifestKey,
  MAX_MANIFEST,
  parseManifest,
  Z3Error,
  type ErrorCode,
  type Manifest,
} from '@z3/core'
import type { ObjectInfo, ObjectStore, ObjectSummary } from '../object-store.js'

/** The manifest of an object, as far as there is one that can be used. */
export interface FoundManifest {
  readonly manifest: Manifest | undefined
  /** Why there is one that cannot be used: one line. */
  readonly note: string | undefined
  /** The object has another ETag than the manifest: it was copied, or written anew. */
  readonly isRewritten: boolean
}

const NONE: FoundManifest = { manifest: undefined, note: undefined, isRewritten: false }

/**
 * Read the manifest of an object. It is an aid: one that is missing, damaged or
 * of another object is none.
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
    note: `the manifest of '${key}' ${why}; it is ignored`,
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
  // an upload that replaced the object has not written its own
  if (isRewritten && !isSameUpload) return unusable('belongs to an object that was replaced')
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
