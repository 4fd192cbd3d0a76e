import { Z3Error } from '../../errors.js'
import { formatSnapshotName } from '../../snapshot.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import { describePrefixes } from '../../select/snapshot-prefixes.js'
import { isWanted, type BackupPlan, type BackupRequest } from './backup-plan.js'
import { didYouMean } from '../plan-errors.js'
import { planFullBackup } from './plan-full-backup.js'
import { planIncrementalBackup } from './plan-incremental-backup.js'

/**
 * Plan a backup.
 *
 * @throws Z3Error `no-such-snapshot`, and the errors of `planFullBackup` and
 *   `planIncrementalBackup`
 */
export function planBackup(request: BackupRequest): BackupPlan {
  const upTo = findEnd(request)
  return request.mode === 'full'
    ? planFullBackup(request, upTo)
    : planIncrementalBackup(request, upTo)
}

function findEnd(request: BackupRequest): LocalSnapshot {
  const { dataset, prefix } = request
  const local = request.local.filter((one) => isWanted(request, one))
  const newest = local.at(-1)
  if (!newest) {
    // z3's message, which scripts search for
    throw new Z3Error(
      'no-such-snapshot',
      `Nothing to backup for filesystem "${dataset}". Are you sure SNAPSHOT_PREFIX="${prefix}" is correct?`,
      {
        hint: prefixHint(request),
      },
    )
  }
  const { upTo = newest.snapshot } = request
  const found = local.find(({ snapshot }) => snapshot === upTo)
  if (found) return found
  const wanted = { dataset, snapshot: upTo }
  // z3's words, too
  throw new Z3Error(
    'no-such-snapshot',
    `Failed to get the snapshot ${formatSnapshotName(wanted)}`,
    { hint: didYouMean(wanted, local) },
  )
}

function prefixHint({ dataset, local, only }: BackupRequest): string {
  const take = 'Take a snapshot first.'
  // the names of a z3-autobackup backup are not chosen by the prefix
  if (only) return take
  const names = local.map(({ snapshot }) => snapshot)
  return describePrefixes(dataset, names) ?? take
}
