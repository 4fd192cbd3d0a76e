import { formatSnapshotName, obsoleteOf } from '@z3/core'
import { destroyObsolete } from './destroy.js'
import type { Outcome } from './outcome.js'
import type { Source, SourceDataset } from './read-source.js'
import type { World } from './world.js'

/**
 * Thin a dataset of which nothing is sent. What our tag holds stays, since a
 * target's next increment is sent from it, and so do the newest, by createtxg,
 * and what others hold.
 *
 * @throws Z3Error
 */
export async function thinSource(
  { name, snapshots }: SourceDataset,
  { side, holds }: Source,
  world: World,
  outcome: Outcome,
): Promise<void> {
  const { options, log, now } = world
  const destroy = obsoleteOf(
    snapshots.filter(({ snapshot }) => options.names.isOurs(snapshot)),
    options.keepSource,
    now,
  )
  const held = destroy.filter((one) =>
    holds.get(formatSnapshotName(one))?.has(options.names.holdTag),
  )
  for (const { snapshot } of held) {
    log.verbose(`${side.label} ${name}@${snapshot}: Keeping (common snapshot)`)
  }
  await destroyObsolete({
    side,
    dataset: name,
    snapshots: destroy.filter((one) => !held.includes(one)),
    holds,
    world,
    outcome,
  })
}
