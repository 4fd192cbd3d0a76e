import { parseSnapshotName, Z3Error } from '@z3/core'
import type { Run } from './run.js'

/** A snapshot that is still there, and why. */
export interface NotDestroyed {
  /** What follows the `@`. */
  readonly snapshot: string
  readonly error: Z3Error
}

/** Names in one word, which may have 128 KiB on Linux. */
const MOST = 200

/**
 * Destroy snapshots of a dataset: in one command where zfs can, each by itself
 * where one of them stands in the way of the others.
 *
 * @param snapshots what follows the `@`
 * @returns those that could not be destroyed
 * @throws Z3Error `invalid-name`, before anything is destroyed
 */
export async function destroySnapshots(
  run: Run,
  dataset: string,
  snapshots: readonly string[],
): Promise<readonly NotDestroyed[]> {
  // no name may be read as another dataset, or as a range (`%`)
  for (const snapshot of snapshots) {
    parseSnapshotName(`${dataset}@${snapshot}`)
    if (snapshot.includes('%')) {
      throw new Z3Error(
        'invalid-name',
        `${dataset}@${snapshot} would be read as a range of snapshots`,
      )
    }
  }
  const failed: NotDestroyed[] = []
  for (let at = 0; at < snapshots.length; at += MOST) {
    failed.push(...(await destroy(run, dataset, snapshots.slice(at, at + MOST))))
  }
  return failed
}

async function destroy(
  run: Run,
  dataset: string,
  snapshots: readonly string[],
): Promise<readonly NotDestroyed[]> {
  try {
    await run(['destroy', `${dataset}@${snapshots.join()}`])
    return []
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    const [only, ...more] = snapshots
    if (only !== undefined && more.length === 0) {
      return [{ snapshot: only, error }]
    }
    const failed: NotDestroyed[] = []
    for (const one of snapshots) failed.push(...(await destroy(run, dataset, [one])))
    return failed
  }
}
