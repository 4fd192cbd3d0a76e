import { formatSnapshotName } from './snapshot.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/** Stored snapshots by their full names. */
export function storedByName(
  stored: readonly StoredSnapshot[],
): ReadonlyMap<string, StoredSnapshot> {
  return new Map(stored.map((object) => [formatSnapshotName(object), object]))
}

/**
 * Work out a value for every stored snapshot that follows from the value of
 * its parent. Takes a step per snapshot and no stack, however long the chains.
 *
 * @param parentOf the full name of what it builds on, if that matters
 * @param valueOf `parent` is undefined for the first of a chain, and where
 *   what it builds on is not among the stored ones
 * @param cyclic the value in a cycle, and of what leads into it
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
    // a Map keeps the order in which names were met: the youngest first
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
