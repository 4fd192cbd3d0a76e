import { findObject } from '@z3/backup'
import { isLocked, orAborted, untilAborted } from '@z3/cli'
import { ASIDE, parseContinuationKey, Z3Error } from '@z3/core'
import type { ObjectStore, ObjectSummary } from '@z3/s3'
import { startOf, type Leftover, type LeftoverSearch } from './leftovers.js'
import { judge, type Verdict } from './verdict.js'

/**
 * Find the continuations of large objects (docs/format.md) that belong to no object: those of an
 * upload that died between the first and the last Complete. A continuation is left over if its
 * metadata say what it is, and its object does not exist, or is whole without it.
 *
 * @throws Z3Error of the store, also where a listing is not complete
 */
export async function findContinuations(
  store: ObjectStore,
  search: LeftoverSearch,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const start = startOf(search)
  if (start === undefined) return []
  const { prefix, olderThan } = search
  const candidates: { item: ObjectSummary; object: string }[] = []
  // the store lists a continuation by itself only if no object needs it
  for await (const item of untilAborted(signal, store.list(`${prefix}${start}`, signal))) {
    const name = parseContinuationKey(item.key)
    if (!name || 'problem' in item || item.key.startsWith(`${prefix}${ASIDE}`)) continue
    candidates.push({ item, object: name.key })
  }
  const leftovers: Leftover[] = []
  for (const { item, object } of candidates) {
    const { key, etag, modified } = item
    if (!(await orAborted(signal, isLeft(store, item, object, signal)))) continue
    const age = modified && (store.now().getTime() - modified.getTime()) / 1000
    const verdict = await judgeContinuation(store, { object, prefix, age, olderThan }, signal)
    leftovers.push({ key, etag, object, age, verdict })
  }
  return leftovers
}

async function isLeft(
  store: ObjectStore,
  { key, etag }: ObjectSummary,
  object: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const whole = await findObject(store, object, signal)
    if (whole?.pieces?.some((piece) => piece.key === key)) return false
  } catch (error) {
    // the object is damaged, and this may be a part of it
    if (error instanceof Z3Error && error.code === 'size-mismatch') return false
    throw error
  }
  return isContinuation(store, key, etag, signal)
}

/** Whether its metadata say so: another program may use such a key. */
async function isContinuation(
  store: ObjectStore,
  key: string,
  etag: string,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await findObject(store, key, signal)
  return found?.etag === etag && found.objectLimit?.number === parseContinuationKey(key)?.number
}

interface Judged {
  readonly object: string
  readonly prefix: string
  readonly age: number | undefined
  readonly olderThan: number
}

async function judgeContinuation(
  store: ObjectStore,
  { object, prefix, age, olderThan }: Judged,
  signal: AbortSignal,
): Promise<Verdict> {
  try {
    // an upload completes its object last: until then, it is pending
    for await (const upload of untilAborted(signal, store.listUploads(object, signal))) {
      if (upload.key !== object) continue
      const last = await store.lastActivity(upload, signal)
      const idle = last && (store.now().getTime() - last.getTime()) / 1000
      if (idle === undefined || idle < olderThan) return 'active'
    }
  } catch (error) {
    // this server does not list pending uploads
    if (error instanceof Z3Error && error.code === 'not-implemented') return 'unknown'
    throw error
  }
  const name = object.slice(prefix.length)
  const dataset = name.slice(0, Math.max(0, name.indexOf('@')))
  const destination = `${store.title}\n${prefix}`
  return judge(age, olderThan, () => isLocked({ dataset, destination }))
}
