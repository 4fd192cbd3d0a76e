import { thin } from '@z3/core'
import { destroyObsolete } from './destroy.js'
import type { Source, SourceDataset } from './read-source.js'
import type { World } from './world.js'

/**
 * Thin a dataset of which nothing is sent. What is held stays: a target's next
 * increment is sent from it, and so does the newest.
 *
 * @returns full names of those that are gone
 * @throws Z3Error
 */
export async function thinSource(
  { name, snapshots }: SourceDataset,
  { side, holds }: Source,
  { options, log, now }: World,
): Promise<readonly string[]> {
  const { keepSource, names } = options
  if (!keepSource) return []
  const ours = snapshots
    .filter(({ snapshot }) => names.isOurs(snapshot))
    .toSorted((a, b) => a.created - b.created)
  const newest = ours.at(-1)
  const { destroy } = thin(ours, keepSource, now, (one) => one === newest)
  const held = destroy.filter(({ userrefs }) => userrefs > 0)
  for (const { snapshot } of held) {
    log.verbose(`${side.label} ${name}@${snapshot}: Keeping (common snapshot)`)
  }
  const gone = await destroyObsolete({
    side,
    dataset: name,
    snapshots: destroy.filter((one) => !held.includes(one)),
    holds,
    holdTag: names.holdTag,
    log,
  })
  return options.test ? [] : Array.from(gone, (one) => `${name}@${one}`)
}
