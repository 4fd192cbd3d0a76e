import { didYouMean } from './plan/plan-errors.js'
import { Z3Error } from './errors.js'
import type { LocalSnapshot } from './versions/local-snapshot.js'
import { formatSnapshotName } from './snapshot.js'
import type { SyncRequest } from './sync-plan.js'

/**
 * The snapshot of the source that a sync sends up to: the one that was named,
 * else the newest that matches.
 *
 * @throws Z3Error `no-such-snapshot`
 */
export function findSyncTarget({
  source,
  prefix,
  target,
}: Pick<SyncRequest, 'source' | 'prefix' | 'target'>): LocalSnapshot {
  const { dataset, snapshots } = source
  if (target !== undefined) {
    const found = snapshots.find(({ snapshot }) => snapshot === target)
    if (found) return found
    const wanted = { dataset, snapshot: target }
    throw new Z3Error(
      'no-such-snapshot',
      `no such snapshot "${formatSnapshotName(wanted)}" at the source`,
      {
        hint: didYouMean(wanted, snapshots) ?? `Source ${dataset} has no snapshots.`,
      },
    )
  }
  const newest = snapshots.findLast(({ snapshot }) => snapshot.startsWith(prefix))
  if (newest) return newest
  const other = snapshots.at(-1)
  throw new Z3Error(
    'no-such-snapshot',
    `no snapshots exist at source ${dataset} with SNAPSHOT_PREFIX="${prefix}"`,
    {
      hint: other
        ? `Name the prefix of those that are there with --snapshot-prefix; the newest is '${formatSnapshotName(other)}'.`
        : 'Take a snapshot first.',
    },
  )
}
