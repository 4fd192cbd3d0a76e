import { describePrefixes, Z3Error } from '@z3/core'
import { listSnapshots, type Run } from '@z3/zfs'
import { ok, problem, type Finding } from '../finding.js'

/**
 * Whether the dataset exists, and has snapshots to back up.
 *
 * @param prefix SNAPSHOT_PREFIX
 * @throws Z3Error of zfs
 */
export async function checkDataset(
  zfs: Run,
  dataset: string,
  prefix: string,
): Promise<readonly Finding[]> {
  try {
    const all = await listSnapshots(zfs, dataset)
    return [snapshotsFinding(dataset, prefix, all)]
  } catch (error) {
    if (!(error instanceof Z3Error) || error.code !== 'no-such-dataset') throw error
    return [problem('dataset', error.message, "'zfs list' lists the datasets of this host.")]
  }
}

function snapshotsFinding(
  dataset: string,
  prefix: string,
  all: readonly { readonly snapshot: string; readonly created: number }[],
): Finding {
  const matching = all.filter(({ snapshot }) => snapshot.startsWith(prefix))
  const newest = matching.at(-1)
  if (newest) {
    return ok(
      'snapshots',
      `${String(matching.length)} of ${dataset} begin with SNAPSHOT_PREFIX '${prefix}', the newest is of ${new Date(newest.created * 1000).toISOString()}`,
    )
  }
  const names = all.map(({ snapshot }) => snapshot)
  return problem(
    'snapshots',
    `no snapshot of ${dataset} begins with SNAPSHOT_PREFIX '${prefix}'`,
    describePrefixes(dataset, names) ?? `Take a snapshot: zfs snapshot '${dataset}@${prefix}-1'.`,
  )
}
