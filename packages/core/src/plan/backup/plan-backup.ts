import { Z3Error } from '../../errors.js'
import { formatSnapshotName } from '../../snapshot.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
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
        hint: 'Take a snapshot first, or set --snapshot-prefix to the prefix of the existing ones.',
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
