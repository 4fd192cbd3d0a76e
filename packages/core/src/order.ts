import { foldChains } from './fold-chains.js'
import { isSame } from './identity.js'
import type { LocalSnapshot } from './local-snapshot.js'
import { formatSnapshotName } from './snapshot.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/** A name in the store, on this host, or both. */
export interface Row {
  readonly stored: StoredSnapshot | undefined
  readonly local: LocalSnapshot | undefined
}

/**
 * When the snapshot of a row was taken, epoch seconds. Of what z3 stored and
 * this host no longer has, the time of the upload stands for it.
 */
export function creationOf({ stored, local }: Row): number | undefined {
  if (!stored) return local?.created
  const same = local && isSame(local, stored) ? local : undefined
  return stored.created ?? same?.created ?? stored.uploaded
}

/**
 * Sort rows by the time of creation, the unknown first; of equal times what is
 * built upon before what builds on it, then by name.
 */
export function inTimeOrder<T extends Row>(rows: readonly T[]): readonly T[] {
  const depths = foldChains<number>(
    rows.flatMap(({ stored }) => stored ?? []),
    (object) => object.parent,
    (_, parent) => (parent ? parent.value + 1 : 0),
    0,
  )
  return rows
    .map((row) => {
      const snapshot = row.stored ?? row.local
      const name = snapshot ? formatSnapshotName(snapshot) : ''
      return {
        row,
        name,
        time: creationOf(row) ?? 0,
        // what is here alone is newer than what went into the store
        depth: depths.get(name) ?? Number.MAX_SAFE_INTEGER,
      }
    })
    .sort(
      (a, b) =>
        a.time - b.time ||
        a.depth - b.depth ||
        (a.name < b.name ? -1 : Number(a.name > b.name)),
    )
    .map(({ row }) => row)
}
