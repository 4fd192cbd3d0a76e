import { formatSnapshotName, type SnapshotName } from '@z3/core'
import type { Run } from './run.js'

/**
 * Set a dataset back to a snapshot: what was written since is lost, and with
 * `destroyNewer` all newer snapshots and bookmarks of it are destroyed. Only for
 * a user who has said so. Clones of what is newer stay: that is an error.
 *
 * @throws Z3Error `no-such-snapshot`; `not-permitted`; `zfs-failed`: there are
 *   newer ones, or one of them is held
 */
export async function rollback(
  run: Run,
  snapshot: SnapshotName,
  destroyNewer: boolean,
): Promise<void> {
  await run(['rollback', ...(destroyNewer ? ['-r'] : []), formatSnapshotName(snapshot)])
}
