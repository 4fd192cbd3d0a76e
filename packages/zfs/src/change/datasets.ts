import { setTimeout as sleep } from 'node:timers/promises'
import {
  checkDatasetName,
  formatSnapshotName,
  parseSnapshotName,
  type SnapshotName,
  Z3Error,
} from '@z3/core'
import { parentOf } from '../allow.js'
import { ifThere, lines } from '../read/ask.js'
import type { Run } from '../run.js'
import { stderrOf } from '../zfs-error.js'

/**
 * Create what a dataset will be in, as far as it is missing, from the top down:
 * filesystems that are never mounted (canmount=off, as zfs-autobackup 3.3 makes
 * them), so that nothing of the host is hidden under them. Not by `create -p`,
 * which gives canmount to the last of them only.
 *
 * @returns those that were created
 * @throws Z3Error `no-such-dataset` when the pool itself is missing;
 *   `not-permitted`, `zfs-failed`
 */
export async function createParents(run: Run, dataset: string): Promise<readonly string[]> {
  checkDatasetName(dataset)
  const created: string[] = []
  for (const parent of await missingAbove(run, dataset)) {
    if (await create(run, parent)) created.push(parent)
  }
  return created
}

/** From the top down. */
async function missingAbove(run: Run, dataset: string): Promise<readonly string[]> {
  const parent = parentOf(dataset)
  if (parent === undefined) return []
  try {
    await run(['list', '-H', '-o', 'name', parent])
    return []
  } catch (error) {
    const missing = error instanceof Z3Error && error.code === 'no-such-dataset'
    // a pool cannot be created
    if (!missing || parentOf(parent) === undefined) throw error
    return [...(await missingAbove(run, parent)), parent]
  }
}

async function create(run: Run, dataset: string): Promise<boolean> {
  try {
    await run(['create', '-o', 'canmount=off', dataset])
    return true
  } catch (error) {
    // another run was faster
    if (/: dataset already exists$/m.test(stderrOf(error) ?? '')) return false
    throw error
  }
}

/**
 * Destroy a filesystem or volume that has neither snapshots nor children: with
 * either, zfs refuses.
 *
 * @throws Z3Error `invalid-name`, `no-such-dataset`, `not-permitted`,
 *   `zfs-failed`
 */
export async function destroyDataset(run: Run, dataset: string): Promise<void> {
  checkDatasetName(dataset)
  await run(['destroy', dataset])
}

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

/** How long to wait before each further try, milliseconds. */
const PAUSES = [100, 200, 400, 800]

/**
 * Rename a dataset, with all that is in it. Without -f and -u: what is in use
 * is an error and stays as it was, mounted, where -u would rename it under the
 * feet of those who write to it.
 *
 * @returns what could not be mounted or shared under the new name, a line
 *   each, in zfs's words
 * @throws Z3Error `dataset-exists`, `no-such-dataset` (`from`, or what `to`
 *   would be in), `not-permitted`, `zfs-failed`; the name is unchanged then
 */
export async function renameDataset(
  run: Run,
  from: string,
  to: string,
): Promise<readonly string[]> {
  checkDatasetName(from)
  checkDatasetName(to)
  for (const pause of PAUSES) {
    try {
      return await rename(run, from, to)
    } catch (error) {
      // not unmounted yet though nobody uses it: zfs-fuse is slow at that, and
      // udev opens each new volume for a moment
      if (!/^cannot rename .*: dataset is busy$/m.test(stderrOf(error) ?? '')) {
        throw error
      }
    }
    await sleep(pause)
  }
  return rename(run, from, to)
}

async function rename(run: Run, from: string, to: string): Promise<readonly string[]> {
  try {
    return lines(await run(['rename', from, to], { withStderr: true }))
  } catch (error) {
    // OpenZFS 2 exits 0 when it has renamed and cannot mount, older ones 1
    const said = stderrOf(error) ?? ''
    if (!/^cannot (mount|share) /m.test(said)) throw error
    const renamed = !(await exists(run, from)) && (await exists(run, to))
    if (!renamed) throw error
    return lines(said)
  }
}

async function exists(run: Run, dataset: string): Promise<boolean> {
  const answer = run(['list', '-H', '-o', 'name', dataset])
  return (await ifThere(answer)) !== undefined
}

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
