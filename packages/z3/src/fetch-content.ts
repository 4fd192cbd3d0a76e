import {
  CONTENT_BYTES,
  CONTENTS,
  mustLook,
  recognizeContent,
  Z3Error,
  type Content,
  type ErrorCode,
  type StoredObject,
} from '@z3/core'
import type { ObjectStore, ObjectSummary } from '@z3/s3'
import type { MetadataCache } from './metadata-cache.js'

/** What the cache keeps of an object that is nothing known. */
const UNKNOWN = 'unknown'

/** The object is there, and its bytes cannot be had now, or by us. */
const NOT_NOW: readonly ErrorCode[] = [
  'object-archived',
  'access-denied',
  'object-changed',
  'no-such-key',
]

/**
 * What the first bytes of a listed object are, where its metadata may be wrong
 * about that; from the cache if they were read before.
 *
 * @returns undefined: nothing known, or the metadata need no proof
 * @throws Z3Error of the store
 */
export async function fetchContent(
  store: ObjectStore,
  { metadata }: StoredObject,
  summary: ObjectSummary,
  cache: MetadataCache,
  signal: AbortSignal,
): Promise<Content | undefined> {
  if (!mustLook(metadata)) return undefined
  const cached = cache.getContent(summary)
  if (cached !== undefined) {
    return CONTENTS.find((content) => content === cached)
  }
  const { key, etag, size } = summary
  const into = new Uint8Array(Math.min(size, CONTENT_BYTES))
  try {
    if (size > 0) await store.read(key, { offset: 0, into, etag, size, signal })
  } catch (error) {
    if (error instanceof Z3Error && NOT_NOW.includes(error.code)) {
      return undefined
    }
    throw error
  }
  const content = recognizeContent(into)
  cache.setContent(summary, content ?? UNKNOWN)
  return content
}
