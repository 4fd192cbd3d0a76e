import type { SnapshotCandidate } from '@z3/core'
import type { BackupNames } from './backup-names.js'
import type { SnapshotFacts } from './list-snapshots-of.js'
import type { Run } from './run.js'
import { writtenSince } from './written-since.js'

/**
 * Find out for `planSnapshots` what was written to datasets since our newest
 * snapshot of each.
 *
 * @param listed what `listSnapshotsOf` found
 * @throws Z3Error as `writtenSince`
 */
export async function findCandidates(
  run: Run,
  listed: ReadonlyMap<string, readonly SnapshotFacts[]>,
  { isOurs }: Pick<BackupNames, 'isOurs'>,
): Promise<readonly SnapshotCandidate[]> {
  const latest = Array.from(listed, ([dataset, snapshots]) => ({
    dataset,
    latest: snapshots.findLast(({ snapshot }) => isOurs(snapshot))?.snapshot,
  }))
  const written = await writtenSince(
    run,
    latest.flatMap(({ dataset, latest: snapshot }) =>
      snapshot === undefined ? [] : [{ dataset, snapshot }],
    ),
  )
  return latest.map((one) => ({ ...one, written: written.get(one.dataset) }))
}
