import { findObject } from '@z3/backup'
import { isLocked, orAborted, untilAborted } from '@z3/cli'
import { ASIDE, parseBeside } from '@z3/core'
import type { ObjectStore, ObjectSummary } from '@z3/s3'
import { judge, type Verdict } from './verdict.js'

/** A manifest, a record or a continuation whose object is gone. */
export interface Leftover {
  readonly key: string
  readonly etag: string
  /** Key of the object; of a record of drills, what the keys of the dataset begin with. */
  readonly object: string
  /** Seconds since it was written, where the store says. */
  readonly age: number | undefined
  readonly verdict: Verdict
}

/** What is searched, and what is too young. */
export interface LeftoverSearch {
  /** S3_PREFIX, with its slash. */
  readonly prefix: string
  /** Only those of objects whose key begins so. */
  readonly within: string
  /** Seconds. */
  readonly olderThan: number
}

/** Of one dataset: by what follows `S3_PREFIX` in the object's key. */
type Group = Map<string, ObjectSummary[]>

/**
 * Find the manifests and records whose object is gone. They are written after their object:
 * one that was listed before the objects, and whose object is then neither listed nor found
 * by HEAD, is left over. One dataset is in memory at a time.
 *
 * @throws Z3Error of the store, also where a listing is not complete
 */
export async function findLeftovers(
  store: ObjectStore,
  search: LeftoverSearch,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const { prefix } = search
  const start = startOf(search)
  if (start === undefined) return []
  const found: Leftover[] = []
  let dataset = ''
  let group: Group = new Map()
  const flush = async (): Promise<void> => {
    for (const one of await judgeGroup(store, search, dataset, group, signal)) found.push(one)
    group = new Map()
  }
  for await (const item of untilAborted(signal, store.list(`${prefix}${ASIDE}${start}`, signal))) {
    const beside = parseBeside(prefix, item.key)
    if (!beside || 'problem' in item) continue
    const name = 'name' in beside ? beside.name : `${beside.dataset}@`
    const of = name.slice(0, name.indexOf('@'))
    // keys that begin with the same dataset and its @ follow each other
    if (of !== dataset) await flush()
    dataset = of
    group.set(name, [...(group.get(name) ?? []), item])
  }
  await flush()
  return found
}

/** @returns what the names begin with; undefined: no object below S3_PREFIX is meant */
export function startOf({ prefix, within }: LeftoverSearch): string | undefined {
  if (within.startsWith(prefix)) return within.slice(prefix.length)
  return prefix.startsWith(within) ? '' : undefined
}

async function judgeGroup(
  store: ObjectStore,
  { prefix, olderThan }: LeftoverSearch,
  dataset: string,
  group: Group,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  if (group.size === 0) return []
  const start = `${prefix}${dataset}@`
  for await (const { key } of untilAborted(signal, store.list(start, signal))) {
    group.delete(key.slice(prefix.length))
    // the dataset has an object
    group.delete(`${dataset}@`)
  }
  const destination = `${store.title}\n${prefix}`
  const leftovers: Leftover[] = []
  for (const [name, items] of group) {
    const object = `${prefix}${name}`
    const isThere =
      object !== start && (await orAborted(signal, findObject(store, object, signal))) !== undefined
    if (isThere) continue
    for (const { key, etag, modified } of items) {
      const age = modified && (store.now().getTime() - modified.getTime()) / 1000
      const verdict = await judge(age, olderThan, () => isLocked({ dataset, destination }))
      leftovers.push({ key, etag, object, age, verdict })
    }
  }
  return leftovers
}

/**
 * Delete what is stale, unless somebody has written it anew.
 *
 * @param deleted told of each as it is done
 * @throws Z3Error of the store; the signal's reason
 */
export async function deleteLeftovers(
  store: ObjectStore,
  leftovers: readonly Leftover[],
  deleted: (leftover: Leftover) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const leftover of leftovers) {
    signal.throwIfAborted()
    const { key, etag, verdict } = leftover
    if (verdict !== 'stale') continue
    await orAborted(signal, store.delete(key, signal, etag === '' ? undefined : etag))
    deleted(leftover)
  }
}
