import { formatSnapshotName, type Z3Error } from '@z3/core'
import { mapTargets } from './map-targets.js'
import { noteFuture } from './note-future.js'
import { openTargets } from './open-targets.js'
import { readSource } from './read-source.js'
import { replicateToAll } from './replicate-to-all.js'
import type { Done } from './report.js'
import { select } from './select.js'
import type { Open } from './side.js'
import { snapshotAll } from './take-snapshots.js'
import { thinAll } from './thin-all.js'
import type { World } from './world.js'

/**
 * Select, look at all that there is, snapshot, and then replicate and thin.
 *
 * @throws Z3Error when nothing could be done
 */
export async function backUp(world: World, open: Open): Promise<Done> {
  const { options, log } = world
  const side = await open('[Source]', options.source)
  log.title('Selecting')
  const selection = await select(side, world)
  const selected = selection.filter((one) => one.selected)
  const names = selected.map(({ dataset }) => dataset)
  const maps = options.targets.map(({ dataset }) => mapTargets(names, dataset, options.strip))
  const opened = await openTargets(side, world, open)
  const errors: Z3Error[] = []
  const taken = options.snapshot.take ? await snapshotAll(side, selected, world, errors) : []
  const source = await readSource(side, selected, options.test ? taken : [], options.names.isOurs)
  noteFuture(source, opened, taken, world)
  const targets =
    opened.length === 0
      ? [{ place: undefined, datasets: await thinAll(source, world) }]
      : await replicateToAll(source, opened, maps, selection, world)
  return {
    snapshots: options.test ? [] : taken.map(formatSnapshotName),
    targets,
    errors,
  }
}
