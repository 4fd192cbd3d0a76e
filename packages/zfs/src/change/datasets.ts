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
 * Create the missing ancestors of a dataset, top down, with canmount=off as zfs-autobackup 3.3
 * does, so that a mount hides nothing on the host. Not with `create -p`, which sets canmount only
 * on the last one.
 *
 * @returns the created datasets
 * @throws Z3Error `no-such-dataset` if the pool does not exist; `not-permitted`, `zfs-failed`
 */
export async function createParents(run: Run, dataset: string): Promise<readonly string[]> {
  checkDatasetName(dataset)
  const created: string[] = []
  for (const parent of await missingAbove(run, dataset)) {
    if (await create(run, parent)) created.push(parent)
  }
  return created
}

/** The missing ancestors of a dataset, top down. */
export async function missingAbove(run: Run, dataset: string): Promise<readonly string[]> {
  const parent = parentOf(dataset)
  if (parent === undefined) return []
  try {
    await run(['list', '-H', '-o', 'name', parent])
    return []
  } catch (error) {
    const missing = error instanceof Z3Error && error.code === 'no-such-dataset'
    // zfs create cannot create a pool
    if (!missing || parentOf(parent) === undefined) throw error
    return [...(await missingAbove(run, parent)), parent]
  }
}

async function create(run: Run, dataset: string): Promise<boolean> {
  try {
    await run(['create', '-o', 'canmount=off', dataset])
    return true
  } catch (error) {
    // another run created it first
    if (/: dataset already exists$/m.test(stderrOf(error) ?? '')) return false
    throw error
  }
}

/**
 * Destroy a filesystem or volume. zfs refuses if it has snapshots or children.
 *
 * @throws Z3Error `invalid-name`, `no-such-dataset`, `not-permitted`, `zfs-failed`
 */
export async function destroyDataset(run: Run, dataset: string): Promise<void> {
  checkDatasetName(dataset)
  await run(['destroy', dataset])
}

/** A snapshot that still exists, and why. */
export interface NotDestroyed {
  /** The name after the `@`. */
  readonly snapshot: string
  readonly error: Z3Error
}

/** Names per command: they are one argument, which Linux limits to 128 KiB. */
const MOST = 200

/**
 * Destroy snapshots of a dataset: all with one command if possible, else one by one, so that a
 * failure does not affect the others.
 *
 * @param snapshots names after the `@`
 * @returns the snapshots that could not be destroyed
 * @throws Z3Error `invalid-name`, before any snapshot is destroyed
 */
export async function destroySnapshots(
  run: Run,
  dataset: string,
  snapshots: readonly string[],
): Promise<readonly NotDestroyed[]> {
  // zfs must not read a name as another dataset, or as a range (`%`)
  for (const snapshot of snapshots) {
    parseSnapshotName(`${dataset}@${snapshot}`)
    if (snapshot.includes('%')) {
      throw new Z3Error('invalid-name', `${dataset}@${snapshot} is a range of snapshots to zfs`)
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

/** Pause before each retry, milliseconds. */
const PAUSES = [100, 200, 400, 800]

/**
 * Rename a dataset with its children. Without -f and -u: a dataset in use is an error and keeps its
 * name; -u would rename it while processes write to it.
 *
 * @returns lines of zfs about what could not be mounted or shared under the new name
 * @throws Z3Error `dataset-exists`, `no-such-dataset` (`from`, or the parent of `to`),
 *   `not-permitted`, `zfs-failed`; the name is then unchanged
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
      // a dataset can be busy although nobody uses it: zfs-fuse unmounts slowly, and udev briefly
      // opens each new volume
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
    // if the rename succeeds but the mount fails, OpenZFS 2 exits 0, older versions 1
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
 * Roll back a dataset to a snapshot: later data is lost; `destroyNewer` also destroys all newer
 * snapshots and bookmarks. Only on explicit request of the user. Clones of newer snapshots are not
 * destroyed, and cause an error.
 *
 * @throws Z3Error `no-such-snapshot`; `not-permitted`; `zfs-failed`: newer snapshots exist, or one
 *   is held
 */
export async function rollback(
  run: Run,
  snapshot: SnapshotName,
  destroyNewer: boolean,
): Promise<void> {
  await run(['rollback', ...(destroyNewer ? ['-r'] : []), formatSnapshotName(snapshot)])
}
