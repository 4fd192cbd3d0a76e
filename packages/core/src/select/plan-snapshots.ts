import type { SnapshotName } from '../snapshot.js'

/** A selected dataset before its snapshot. */
export interface SnapshotCandidate {
  readonly dataset: string
  /** Our newest snapshot of it; undefined: there is none. */
  readonly latest?: string | undefined
  /** Bytes written since that one; undefined: unknown. */
  readonly written?: number | undefined
}

export interface SnapshotsWanted {
  /** The part after the `@`. */
  readonly snapshot: string
  /** Minimum bytes written for a snapshot; 0: all datasets get one. */
  readonly minChange: number
}

/** The snapshots of one pool, which are taken at the same instant. */
export interface PoolSnapshots {
  readonly pool: string
  readonly names: readonly SnapshotName[]
}

export interface SnapshotsPlan {
  /** In the order in which the pools first occur among the datasets. */
  readonly pools: readonly PoolSnapshots[]
  /** Datasets without a snapshot, and the reason to print. */
  readonly unchanged: readonly {
    readonly dataset: string
    /** Our newest snapshot, which contains the current data. */
    readonly latest: string
    readonly reason: string
  }[]
}

/**
 * Plan which datasets get a snapshot, by the rules of zfs-autobackup: datasets without a snapshot
 * of ours, and datasets that were written to since our newest one. If the bytes written are
 * unknown, the dataset gets a snapshot. Only the snapshots of one pool can be atomic
 * (zfs-snapshot(8)).
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
