import type { SnapshotName } from '../snapshot.js'

/** A selected dataset, as it is before a snapshot is taken. */
export interface SnapshotCandidate {
  readonly dataset: string
  /** Our newest snapshot of it; undefined: there is none. */
  readonly latest?: string | undefined
  /** Bytes written since that one; undefined: zfs does not tell. */
  readonly written?: number | undefined
}

export interface SnapshotsWanted {
  /** The part after the `@`. */
  readonly snapshot: string
  /** A dataset with fewer bytes written gets none, bytes; 0: all get one. */
  readonly minChange: number
}

/** The snapshots of one pool, which are taken at the same instant. */
export interface PoolSnapshots {
  readonly pool: string
  readonly names: readonly SnapshotName[]
}

export interface SnapshotsPlan {
  /** In the order in which the pools come first among the datasets. */
  readonly pools: readonly PoolSnapshots[]
  /** Datasets that get none, and why, in the words to print. */
  readonly unchanged: readonly {
    readonly dataset: string
    /** Our newest snapshot, which still holds all there is. */
    readonly latest: string
    readonly reason: string
  }[]
}

/**
 * Plan which datasets get a snapshot, by zfs-autobackup's rules: those that have
 * none of ours, and those that were written to since ours. Where it is not known
 * what was written, there is one rather than none. Only the snapshots of one
 * pool can be atomic (zfs-snapshot(8)).
 */
export function planSnapshots(
  candidates: readonly SnapshotCandidate[],
  { snapshot, minChange }: SnapshotsWanted,
): SnapshotsPlan {
  const pools = new Map<string, SnapshotName[]>()
  const unchanged: SnapshotsPlan['unchanged'][number][] = []
  for (const { dataset, latest, written } of candidates) {
    if (latest !== undefined && written !== undefined && written < minChange) {
      unchanged.push({
        dataset,
        latest,
        reason: `No changes since ${latest}`,
      })
      continue
    }
    const [pool = ''] = dataset.split('/')
    const names = pools.get(pool) ?? []
    pools.set(pool, names)
    names.push({ dataset, snapshot })
  }
  return {
    pools: Array.from(pools, ([pool, names]) => ({ pool, names })),
    unchanged,
  }
}
