import { Z3Error } from '@z3/core'
import { getPropertiesOf, listSnapshotsOf, type Properties, type SnapshotFacts } from '@z3/zfs'
import type { Holds } from './destroy.js'
import { readHolds } from './read-holds.js'
import type { Side } from './side.js'

/** A dataset at or below the target. */
export interface TargetDataset {
  readonly properties: Properties
  /** The oldest first. */
  snapshots: readonly SnapshotFacts[]
}

/** What is at the target; kept up to date by the run. */
export interface Target {
  readonly side: Side
  /** The dataset that all is received under. */
  readonly path: string
  readonly datasets: Map<string, TargetDataset>
  readonly holds: Holds
}

/**
 * Look at all that is below a target, in a number of commands that does not grow
 * with the number of datasets.
 *
 * @throws Z3Error `no-such-dataset`: there is no target
 */
export async function readTarget(
  side: Side,
  path: string,
  isOurs: (snapshot: string) => boolean,
): Promise<Target> {
  const properties = await getPropertiesOf(
    side.read,
    [path],
    ['type', 'guid', 'encryption', 'receive_resume_token'],
    true,
  )
  if (!properties.has(path)) {
    throw new Z3Error('no-such-dataset', `target '${path}' does not exist on ${side.host.title}`, {
      hint: `Create it there: zfs create -p ${path}`,
    })
  }
  const snapshots = await listSnapshotsOf(side.read, [...properties.keys()])
  const datasets = new Map(
    Array.from(properties, ([name, found]) => [
      name,
      { properties: found, snapshots: snapshots.get(name) ?? [] },
    ]),
  )
  const ours = [...datasets.values()]
    .flatMap((one) => one.snapshots)
    .filter(({ snapshot }) => isOurs(snapshot))
  return { side, path, datasets, holds: await readHolds(side, ours) }
}
