import { formatSnapshotName } from '../snapshot.js'
import type { Health } from './chain.js'
import type { LocalSnapshot } from './local-snapshot.js'
import { isSame, type StoredSnapshot } from './stored-snapshot.js'

/** A name in the store, on this host, or both. */
export interface Row {
  readonly stored: StoredSnapshot | undefined
  readonly local: LocalSnapshot | undefined
}

/**
 * Creation of the snapshot of a row, epoch seconds. For a snapshot that z3 stored and this host no
 * longer has, the time of the upload.
 */
export function creationOf(row: Row): number | undefined {
  const { stored, local } = row
  if (!stored) return local?.created
  return stored.created ?? sameOf(row)?.created ?? stored.uploaded
}

/**
 * The same, but not later than the upload: a later creation comes from a wrong clock, and makes a
 * backup look newer than it is.
 */
export function checkedCreationOf(row: Row): number | undefined {
  const created = creationOf(row)
  const uploaded = row.stored?.uploaded
  return created === undefined || uploaded === undefined ? created : Math.min(created, uploaded)
}

/**
 * Sort rows, the oldest first. Certain facts override all times, since a clock may have been set
 * back: a parent is older than its increments, and the snapshots of this host are in the order of
 * createtxg. Otherwise `checkedCreationOf` decides, unknown times first, then the name.
 */
export function inTimeOrder<T extends Row>(rows: readonly T[]): readonly T[] {
  const places = rows.map((row): Place<T> => {
    const snapshot = row.stored ?? row.local
    return {
      row,
      name: snapshot ? formatSnapshotName(snapshot) : '',
      time: checkedCreationOf(row) ?? 0,
      rank: row.stored ? 0 : LOCAL_ONLY,
      after: [],
    }
  })
  lift(linked(places))
  return places
    .sort(
      (a, b) =>
        a.time - b.time || a.rank - b.rank || (a.name < b.name ? -1 : Number(a.name > b.name)),
    )
    .map(({ row }) => row)
}

/** At equal times, snapshots that are only on this host are newer than stored ones. */
const LOCAL_ONLY = 2 ** 32

interface Place<T> {
  readonly row: T
  readonly name: string
  /** Of the row; once lifted, at least that of all that is older. */
  time: number
  /** Once lifted, more than that of all that is older. */
  rank: number
  /** Those that are newer for certain, by parent or createtxg. */
  readonly after: Place<T>[]
}

/** How many places are directly before each. */
type Before<T> = Map<Place<T>, number>

function linked<T extends Row>(places: readonly Place<T>[]): Before<T> {
  const before: Before<T> = new Map(places.map((place) => [place, 0]))
  const link = (older: Place<T> | undefined, newer: Place<T>): void => {
    if (!older) return
    older.after.push(newer)
    before.set(newer, (before.get(newer) ?? 0) + 1)
  }
  const byName = new Map(places.map((place) => [place.name, place]))
  for (const place of places) {
    const parent = place.row.stored?.parent
    if (parent !== undefined) link(byName.get(parent), place)
  }
  const here = places.flatMap((place) => {
    const same = sameOf(place.row)
    return same ? [{ place, txg: BigInt(same.createtxg) }] : []
  })
  // of one snapshot, the full twin comes before the increment
  const isTwin = (place: Place<T>) => place.row.stored?.twinOf !== undefined
  here.sort((a, b) =>
    a.txg === b.txg ? Number(isTwin(b.place)) - Number(isTwin(a.place)) : a.txg < b.txg ? -1 : 1,
  )
  for (const [i, { place }] of here.entries()) link(here[i - 1]?.place, place)
  return before
}

/** Each after all that is older; what is in a cycle stays as it is. */
function lift<T>(before: Before<T>): void {
  const ready = [...before.keys()].filter((place) => before.get(place) === 0)
  for (const place of ready) {
    for (const newer of place.after) {
      newer.time = Math.max(newer.time, place.time)
      newer.rank = Math.max(newer.rank, place.rank + 1)
      const left = (before.get(newer) ?? 0) - 1
      before.set(newer, left)
      // the loop comes to what is added
      if (left === 0) ready.push(newer)
    }
  }
}

/** The snapshot of this host, unless it is another one of the name. */
function sameOf({ stored, local }: Row): LocalSnapshot | undefined {
  return local && (!stored || isSame(local, stored)) ? local : undefined
}

/**
 * The newest snapshot that can be restored from the store: `inTimeOrder`.
 *
 * @param health of all of the dataset: `checkHealth`
 */
export function newestHealthy(
  stored: readonly StoredSnapshot[],
  health: ReadonlyMap<string, Health>,
): StoredSnapshot | undefined {
  const good = stored.filter((object) => health.get(formatSnapshotName(object)) === 'ok')
  return inTimeOrder(good.map((object) => ({ stored: object, local: undefined }))).at(-1)?.stored
}
