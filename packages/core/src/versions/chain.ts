import { formatSnapshotName } from '../snapshot.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/**
 * Whether a stored snapshot can be restored, by listing and metadata. All but the last four texts
 * are z3's.
 */
export type Health =
  | 'ok'
  | 'missing parent'
  | 'parent broken'
  | 'cycle detected'
  | 'parent replaced'
  | 'bad metadata'
  | 'damaged'
  | 'unreadable'

/**
 * Check the chain of every stored snapshot, as z3 does: a full one is healthy, an increment is
 * healthy if its parent is stored and healthy. If both guids are known, the parent must have the
 * parent guid of the increment.
 *
 * @param stored all of a dataset: a chain may lead through any snapshot
 * @returns by full name
 */
export function checkHealth(stored: readonly StoredSnapshot[]): ReadonlyMap<string, Health> {
  return foldChains<Health>(
    stored,
    (object) => (object.problem === undefined ? object.parent : undefined),
    (object, parent) => {
      if (object.problem !== undefined) return ownHealth(object)
      if (object.parent === undefined) return 'ok'
      if (!parent) return 'missing parent'
      if (parent.value === 'cycle detected') return 'cycle detected'
      if (parent.value !== 'ok') return 'parent broken'
      return isReplaced(object, parent.object) ? 'parent replaced' : 'ok'
    },
    'cycle detected',
  )
}

/** The health of an object that has a problem of its own. */
export function ownHealth({ fault }: StoredSnapshot): Health {
  return fault ?? 'bad metadata'
}

/** Whether `parent` is not the snapshot that the increment started from. */
export function isReplaced({ parentGuid }: StoredSnapshot, parent: StoredSnapshot): boolean {
  return parentGuid !== undefined && parent.guid !== undefined && parentGuid !== parent.guid
}

/**
 * The objects that a restore of `target` needs, the oldest first, `target` last. For an unhealthy
 * chain, the reachable part.
 *
 * @param stored by full name
 */
export function chainOf(
  target: StoredSnapshot,
  stored: ReadonlyMap<string, StoredSnapshot>,
): readonly StoredSnapshot[] {
  const chain = new Set<StoredSnapshot>()
  let object: StoredSnapshot | undefined = target
  while (object && !chain.has(object)) {
    chain.add(object)
    object = object.parent === undefined ? undefined : stored.get(object.parent)
  }
  return [...chain].reverse()
}

/** Stored snapshots by their full names. */
export function storedByName(
  stored: readonly StoredSnapshot[],
): ReadonlyMap<string, StoredSnapshot> {
  return new Map(stored.map((object) => [formatSnapshotName(object), object]))
}

/**
 * Compute a value for every stored snapshot from the value of its parent, in linear time and
 * without recursion.
 *
 * @param parentOf the full name of its parent, if that matters
 * @param valueOf `parent` is undefined for the first of a chain, and where the parent is not stored
 * @param cyclic the value in a cycle and of its descendants
 * @returns by full name
 */
export function foldChains<T>(
  stored: readonly StoredSnapshot[],
  parentOf: (object: StoredSnapshot) => string | undefined,
  valueOf: (object: StoredSnapshot, parent: { object: StoredSnapshot; value: T } | undefined) => T,
  cyclic: T,
): ReadonlyMap<string, T> {
  const byName = storedByName(stored)
  const done = new Map<string, { object: StoredSnapshot; value: T }>()
  for (const start of byName.keys()) {
    // a Map keeps the order of insertion: the newest first
    const path = new Map<string, StoredSnapshot>()
    let name: string | undefined = start
    while (name !== undefined && !done.has(name) && !path.has(name)) {
      const object = byName.get(name)
      if (!object) break
      path.set(name, object)
      name = parentOf(object)
    }
    const closed = name !== undefined && path.has(name)
    let parent = name === undefined ? undefined : done.get(name)
    for (const [own, object] of [...path].reverse()) {
      parent = { object, value: closed ? cyclic : valueOf(object, parent) }
      done.set(own, parent)
    }
  }
  return new Map(Array.from(done, ([name, { value }]) => [name, value]))
}
