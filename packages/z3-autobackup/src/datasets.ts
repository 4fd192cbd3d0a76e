import { Z3Error, type Selection } from '@z3/core'
import { chooseLine, type Dataset } from '@z3/replicate'
import type { Place, SnapshotFacts } from '@z3/zfs'
import type { Open, Side, World } from './world.js'

/** The source: the selected datasets with their current state. */
export interface SelectedDatasets {
  readonly side: Side
  /** In the order of the selection. */
  readonly names: readonly string[]
}

/** A target pool. */
export interface OpenedTarget {
  readonly side: Side
  /** The dataset to receive below. */
  readonly path: string
}

/** A target, or why it cannot be used. */
export interface Opened {
  readonly place: Place
  readonly target: OpenedTarget | undefined
  readonly error: Z3Error | undefined
}

/** A dataset that was read. */
export function datasetOf({ side }: SelectedDatasets, name: string): Dataset {
  const found = side.find(name)
  if (!found) throw new Error(`${name} was not read`)
  return found
}

/**
 * Read all selected datasets.
 *
 * @param added snapshots that --test has not taken
 * @throws Z3Error
 */
export async function readSource(
  side: Side,
  selected: readonly Selection[],
  added: readonly SnapshotFacts[],
  { options: { names } }: World,
): Promise<SelectedDatasets> {
  await side.readDatasets(
    selected.map(({ dataset }) => dataset),
    { properties: ['type', 'guid', 'encryption'], bookmarks: true, isManaged: names.isOurs },
  )
  for (const one of added) if (side.find(one.dataset)) side.addSnapshot(one)
  return { side, names: side.datasets.map(({ name }) => name) }
}

/**
 * Read all targets before anything is changed. An unreachable host does not prevent snapshots; a
 * nonexistent target does if it is the only one.
 */
export async function openTargets(
  source: Side,
  world: World,
  open: Open,
): Promise<readonly Opened[]> {
  const { options } = world
  const several = options.targets.length + options.buckets.length > 1
  const opened: Opened[] = []
  for (const [index, place] of options.targets.entries()) {
    const label = several ? `[Target ${String(index + 1)}]` : '[Target]'
    try {
      const side = await open(label, place.ssh)
      await readTarget(side, place.dataset, world)
      // a missing filter fails no dataset, since nothing has started yet
      if (options.send) {
        await chooseLine(options.line, { source: source.host, target: side.host, here: side.host })
      }
      opened.push({ place, target: { side, path: place.dataset }, error: undefined })
    } catch (error) {
      world.signal.throwIfAborted()
      if (!(error instanceof Z3Error)) throw error
      if (!several && error.code !== 'ssh-failed') throw error
      opened.push({ place, target: undefined, error })
    }
  }
  return opened
}

/** @throws Z3Error `no-such-dataset` */
async function readTarget(side: Side, path: string, { options: { names } }: World): Promise<void> {
  await side.readDatasets([path], {
    properties: ['type', 'guid', 'encryption', 'receive_resume_token'],
    below: true,
    isManaged: names.isOurs,
  })
  if (side.find(path)) return
  throw new Z3Error('no-such-dataset', `target '${path}' does not exist on ${side.host.title}`, {
    hint: `Create it with: zfs create -p ${path}`,
  })
}
