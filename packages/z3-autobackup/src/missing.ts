import { planMissing, Z3Error } from '@z3/core'
import { destroyDataset, type SnapshotFacts } from '@z3/zfs'
import { destroyObsolete } from './destroy.js'
import type { Target } from './read-target.js'
import type { World } from './world.js'

/**
 * Thin what is at the target and has no source any more, and destroy what has
 * been so for as long as --destroy-missing says.
 *
 * @param used datasets that have a source; they, and what they are in, stay
 * @returns what failed, by dataset, and what is gone, by full names
 */
export async function thinMissing(
  target: Target,
  used: ReadonlySet<string>,
  world: World,
): Promise<{
  readonly failed: readonly {
    readonly dataset: string
    readonly error: Z3Error
  }[]
  readonly destroyed: readonly string[]
}> {
  const failed: { dataset: string; error: Z3Error }[] = []
  const destroyed: string[] = []
  // the deepest first: what is in a dataset goes before it
  const missing = [...target.datasets.keys()]
    .filter((name) => !used.has(name) && name !== target.path)
    .toSorted((a, b) => depth(b) - depth(a))
  for (const dataset of missing) {
    try {
      destroyed.push(...(await thinOne(target, dataset, world)))
    } catch (error) {
      if (!(error instanceof Z3Error) || world.stopsAtFirst) throw error
      world.signal.throwIfAborted()
      world.log.error(
        `${target.side.label} ${dataset}: ${error.message}`,
        error.hint,
      )
      failed.push({ dataset, error })
    }
  }
  return { failed, destroyed }
}

async function thinOne(
  target: Target,
  dataset: string,
  { options, log, now }: World,
): Promise<readonly string[]> {
  const { side, datasets, holds } = target
  const snapshots = datasets.get(dataset)?.snapshots ?? []
  const ours = snapshots.filter(({ snapshot }) =>
    options.names.isOurs(snapshot),
  )
  const plan = planMissing({
    ours,
    hasOthers: ours.length < snapshots.length,
    hasChildren: [...datasets.keys()].some((name) =>
      name.startsWith(`${dataset}/`),
    ),
    schedule: options.keepTarget,
    ttl: options.keepTarget && options.destroyMissing,
    now,
  })
  if (plan.reason !== undefined) {
    log.verbose(`${side.label} ${dataset}: ${plan.reason}`)
  }
  const { holdTag } = options.names
  const destroy = (
    some: readonly SnapshotFacts[],
  ): Promise<ReadonlySet<string>> =>
    destroyObsolete({ side, dataset, snapshots: some, holds, holdTag, log })
  const gone = new Set(await destroy(plan.destroy))
  if (plan.destroyDataset && gone.size === plan.destroy.length) {
    const last = await destroy(ours.slice(-1))
    if (last.size === 1) {
      log.verbose(`${side.label} ${dataset}: Destroying dataset`)
      await destroyDataset(side.change, dataset)
      datasets.delete(dataset)
    }
    for (const snapshot of last) gone.add(snapshot)
  }
  if (options.test) return []
  return [
    ...Array.from(gone, (snapshot) => `${dataset}@${snapshot}`),
    ...(datasets.has(dataset) ? [] : [dataset]),
  ]
}

function depth(dataset: string): number {
  return dataset.split('/').length
}
