import { formatSnapshotName } from '@z3/core'
import { listHolds, type SnapshotFacts } from '@z3/zfs'
import type { Holds } from './destroy.js'
import type { Side } from './side.js'

/**
 * What holds snapshots of ours: only those are asked about that have a hold.
 *
 * @throws Z3Error
 */
export async function readHolds(
  { read }: Side,
  snapshots: readonly SnapshotFacts[],
): Promise<Holds> {
  const holds: Holds = new Map()
  const held = snapshots.filter(({ userrefs }) => userrefs > 0)
  if (held.length === 0) return holds
  for (const { snapshot, tag } of await listHolds(read, held)) {
    const name = formatSnapshotName(snapshot)
    holds.set(name, (holds.get(name) ?? new Set()).add(tag))
  }
  return holds
}
