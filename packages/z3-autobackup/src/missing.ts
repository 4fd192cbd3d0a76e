import { planMissing } from '@z3/core'
import { destroyDataset, type SnapshotFacts } from '@z3/zfs'
import { attempt } from './attempt.js'
import { destroyObsolete } from './destroy.js'
import { noOutcome, type Outcome } from './outcome.js'
import type { Target } from './read-target.js'
import type { DatasetReport } from './report.js'
import type { World } from './world.js'

/**
 * Thin what is at the target and has no source any more, and destroy what has
 * been so for as long as --destroy-missing says.
 *
 * @param used datasets that have a source
 * @returns of those to which anything has been done, or which failed
 * @throws Z3Error with --debug, the first; what is no Z3Error
 */
export async function thinMissing(
  target: Target,
  used: ReadonlySet<string>,
  world: World,
): Promise<readonly DatasetReport[]> {
  const reports: DatasetReport[] = []
  // the deepest first: what is in a dataset goes before it
  const missing = [...target.datasets.keys()]
    .filter((name) => !used.has(name) && name !== target.path)
    .toSorted((a, b) => depth(b) - depth(a))
  for (const dataset of missing) {
    const outcome = noOutcome()
    const { received, destroyed, errors } = outcome
    const failure = await attempt(world, `${target.side.label} ${dataset}`, () =>
      thinOne(target, dataset, world, outcome),
    )
    const error = errors[0] ?? failure
    if (destroyed.length > 0 || error) {
      const report = { source: undefined, target: dataset, received, destroyed }
      reports.push({ ...report, error })
    }
  }
  return reports
}

async function thinOne(
  target: Target,
  dataset: string,
  world: World,
  outcome: Outcome,
): Promise<void> {
  const { side, datasets, holds } = target
  const { options, log, now } = world
  const snapshots = datasets.get(dataset)?.snapshots ?? []
  const ours = snapshots.filter(({ snapshot }) => options.names.isOurs(snapshot))
  const plan = planMissing({
    ours,
    hasOthers: ours.length < snapshots.length,
    hasChildren: [...datasets.keys()].some((name) => name.startsWith(`${dataset}/`)),
    schedule: options.keepTarget,
    ttl: options.keepTarget && options.destroyMissing,
    now,
  })
  if (plan.reason !== undefined) {
    log.verbose(`${side.label} ${dataset}: ${plan.reason}`)
  }
  const destroy = async (some: readonly SnapshotFacts[]): Promise<boolean> => {
    const request = { side, dataset, snapshots: some, holds, world, outcome }
    return (await destroyObsolete(request)).size === some.length
  }
  const cleared = await destroy(plan.destroy)
  if (!plan.destroyDataset || !cleared) return
  if (!(await destroy(ours.slice(-1)))) return
  log.verbose(`${side.label} ${dataset}: Destroying dataset`)
  await destroyDataset(side.change, dataset)
  datasets.delete(dataset)
  if (!options.test) outcome.destroyed.push(dataset)
}

function depth(dataset: string): number {
  return dataset.split('/').length
}
