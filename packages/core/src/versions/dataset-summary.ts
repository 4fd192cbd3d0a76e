import { formatSnapshotName } from '../snapshot.js'
import { chainOf, checkHealth, storedByName } from './chain.js'
import { checkedCreationOf, newestHealthy } from './order.js'
import { ownName, type StoredSnapshot } from './stored-snapshot.js'

/** What the store has of one dataset. */
export interface DatasetSummary {
  /** Snapshots; one that is stored twice, as an increment and a full twin, counts once. */
  readonly snapshots: number
  /** Objects that cannot be restored, for whatever reason. */
  readonly unhealthy: number
  /** Bytes of all objects whose size is known. */
  readonly bytes: number
  /** There are objects whose size is not known. */
  readonly isSizeUnknown: boolean
  /** Storage classes, as the store names them; sorted. */
  readonly classes: readonly string[]
  /** The newest snapshot that can be restored. */
  readonly newest: NewestStored | undefined
}

/** A snapshot that can be restored, and what a restore of it reads. */
export interface NewestStored {
  readonly object: StoredSnapshot
  /** What follows the `@`. */
  readonly snapshot: string
  /** Epoch seconds; undefined where neither the metadata nor the store says. */
  readonly created: number | undefined
  /** The objects that it needs, in the order of their restore. */
  readonly chain: readonly StoredSnapshot[]
}

/** @param stored all objects of a dataset */
export function summarizeDataset(stored: readonly StoredSnapshot[]): DatasetSummary {
  const health = checkHealth(stored)
  const object = newestHealthy(stored, health)
  const classes = new Set(stored.map(({ storageClass = 'STANDARD' }) => storageClass))
  return {
    snapshots: new Set(stored.map(ownName)).size,
    unhealthy: stored.filter((one) => health.get(formatSnapshotName(one)) !== 'ok').length,
    bytes: stored.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    isSizeUnknown: stored.some(({ bytes }) => bytes === undefined),
    classes: [...classes].sort(),
    newest: object && {
      object,
      snapshot: ownName(object),
      created: checkedCreationOf({ stored: object, local: undefined }),
      chain: chainOf(object, storedByName(stored)),
    },
  }
}
