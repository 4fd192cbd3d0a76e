import type { Bookmark, Selection } from '@z3/core'
import {
  getPropertiesOf,
  listBookmarksOf,
  listSnapshotsOf,
  type Properties,
  type SnapshotFacts,
} from '@z3/zfs'
import type { Holds } from './destroy.js'
import { readHolds } from './read-holds.js'
import type { Side } from './side.js'

/** A selected dataset. What the run changes is kept up to date here. */
export interface SourceDataset {
  readonly name: string
  readonly properties: Properties
  /** The oldest first. */
  snapshots: readonly SnapshotFacts[]
  bookmarks: readonly Bookmark[]
}

export interface Source {
  readonly side: Side
  readonly datasets: readonly SourceDataset[]
  readonly holds: Holds
}

/**
 * Look at all that is selected, in a number of commands that does not grow with
 * the number of datasets.
 *
 * @param added snapshots that --test has not taken
 * @param isOurs by what follows the `@`
 * @throws Z3Error
 */
export async function readSource(
  side: Side,
  selected: readonly Selection[],
  added: readonly SnapshotFacts[],
  isOurs: (snapshot: string) => boolean,
): Promise<Source> {
  const names = selected.map(({ dataset }) => dataset)
  const properties = await getPropertiesOf(side.read, names, ['type', 'guid', 'encryption'])
  const snapshots = await listSnapshotsOf(side.read, names)
  const bookmarks = await listBookmarksOf(side.read, names)
  const datasets = names.flatMap((name): SourceDataset[] => {
    const found = properties.get(name)
    const there = snapshots.get(name)
    // destroyed meanwhile
    if (!found || !there) return []
    return [
      {
        name,
        properties: found,
        snapshots: [...there, ...added.filter((one) => one.dataset === name)],
        bookmarks: bookmarks.get(name) ?? [],
      },
    ]
  })
  const ours = datasets
    .flatMap((one) => one.snapshots)
    .filter((one) => isOurs(one.snapshot) && !added.includes(one))
  return { side, datasets, holds: await readHolds(side, ours) }
}
