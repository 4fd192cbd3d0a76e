import { formatSnapshotName, obsoleteOf, planMissing } from '@z3/core'
import type { Outcome } from '@z3/replicate'
import { destroyDataset, type NotDestroyed, type SnapshotFacts } from '@z3/zfs'
import { datasetOf, type SelectedDatasets, type OpenedTarget } from './datasets.js'
import { attemptDataset, type DatasetReport } from './report.js'
import type { Side, World } from './world.js'

/**
 * Destroy snapshots that the schedule does not keep, after releasing our hold. Snapshots held by
 * others stay without a failure, those with clones with a note. Any other failure is logged, and
 * the run continues: new snapshots are more important.
 *
 * @param outcome collects destroyed snapshots and failures
 * @returns number of destroyed snapshots
 * @throws Z3Error with --debug; else only if a hold cannot be released
 */
export async function destroyObsolete(
  side: Side,
  dataset: string,
  snapshots: readonly Pick<SnapshotFacts, 'snapshot' | 'hasClones'>[],
  { options, log, stopsAtFirst }: World,
  outcome: Outcome,
): Promise<number> {
  const { holdTag } = options.names
  const destroy: string[] = []
  for (const { snapshot, hasClones } of snapshots) {
    const name = formatSnapshotName({ dataset, snapshot })
    const tags = side.tagsOf({ dataset, snapshot }) ?? new Set<string>()
    const other = [...tags].find((tag) => tag !== holdTag)
    if (other !== undefined) {
      log.verbose(`${side.label} ${name}: Keeping (held by ${other})`)
      continue
    }
    if (hasClones) {
      log.note(`${side.label} ${name}: kept, it has clones`)
      continue
    }
    log.verbose(`${side.label} ${name}: Destroying`)
    await side.release(holdTag, { dataset, snapshot })
    destroy.push(snapshot)
  }
  if (destroy.length === 0) return 0
  const failed = await side.destroySnapshots(dataset, destroy)
  for (const { error } of failed) {
    if (gotClones(error)) {
      log.note(`${side.label} ${error.message}: kept, it has clones`)
    } else {
      if (stopsAtFirst) throw error
      log.error(`${side.label} ${error.message}`, error.hint)
      outcome.errors.push(error)
    }
  }
  const left = new Set(failed.map(({ snapshot }) => snapshot))
  const gone = destroy.filter((one) => !left.has(one))
  if (!options.test) {
    outcome.destroyed.push(...gone.map((snapshot) => formatSnapshotName({ dataset, snapshot })))
  }
  return gone.length
}

/** Since it was listed, or this zfs does not list clones. */
function gotClones({ message }: NotDestroyed['error']): boolean {
  return /has dependent clones/.test(message)
}

/**
 * Thin a source without sending. A failed dataset is counted, and the others continue.
 *
 * @throws Z3Error with --debug, the first; any other error
 */
export async function thinAll(
  source: SelectedDatasets,
  world: World,
): Promise<readonly DatasetReport[]> {
  world.log.title('Thinning source')
  const reports: DatasetReport[] = []
  for (const name of source.names) {
    const names = { source: name, target: undefined }
    const title = `${source.side.label} ${name}`
    const { report } = await attemptDataset(world, title, names, (outcome) =>
      thinSource(source, name, world, outcome),
    )
    reports.push(report)
  }
  return reports
}

/**
 * Keeps: snapshots with our hold, since they are parents of a target's next increment; snapshots
 * for which `isNeeded` is true; the newest, by createtxg; and snapshots that others hold.
 */
export async function thinSource(
  source: SelectedDatasets,
  name: string,
  world: World,
  outcome: Outcome,
  isNeeded: (snapshot: SnapshotFacts) => boolean = () => false,
): Promise<void> {
  const { options, log, now } = world
  const { side } = source
  const ours = datasetOf(source, name).snapshots.filter(({ snapshot }) =>
    options.names.isOurs(snapshot),
  )
  const destroy = obsoleteOf(ours, options.keepSource, now)
  const held = destroy.filter(
    (one) => isNeeded(one) || side.tagsOf(one)?.has(options.names.holdTag),
  )
  for (const { snapshot } of held) {
    log.verbose(`${side.label} ${name}@${snapshot}: Keeping (common snapshot)`)
  }
  const free = destroy.filter((one) => !held.includes(one))
  await destroyObsolete(side, name, free, world, outcome)
}

/**
 * Thin the datasets at the target that no longer have a source, and destroy those without a source
 * for longer than --destroy-missing says.
 *
 * @param used datasets that have a source
 * @returns the datasets that were changed or that failed
 * @throws Z3Error with --debug, the first; any other error
 */
export async function thinMissing(
  { side, path }: OpenedTarget,
  used: ReadonlySet<string>,
  world: World,
): Promise<readonly DatasetReport[]> {
  const reports: DatasetReport[] = []
  // deepest first: children before their parent
  const missing = side.datasets
    .map(({ name }) => name)
    .filter((name) => !used.has(name) && name !== path)
    .toSorted((a, b) => depth(b) - depth(a))
  for (const dataset of missing) {
    const names = { source: undefined, target: dataset }
    const { report } = await attemptDataset(world, `${side.label} ${dataset}`, names, (outcome) =>
      thinOrDestroy(side, dataset, world, outcome),
    )
    if (report.destroyed.length > 0 || report.error) reports.push(report)
  }
  return reports
}

async function thinOrDestroy(
  side: Side,
  dataset: string,
  world: World,
  outcome: Outcome,
): Promise<void> {
  const { options, log, now } = world
  const snapshots = side.find(dataset)?.snapshots ?? []
  const ours = snapshots.filter(({ snapshot }) => options.names.isOurs(snapshot))
  const plan = planMissing({
    ours,
    hasOthers: ours.length < snapshots.length,
    hasChildren: side.datasets.some(({ name }) => name.startsWith(`${dataset}/`)),
    schedule: options.keepTarget,
    ttl: options.keepTarget && options.destroyMissing,
    now,
  })
  if (plan.reason !== undefined) log.verbose(`${side.label} ${dataset}: ${plan.reason}`)
  const destroy = async (some: readonly SnapshotFacts[]): Promise<boolean> =>
    (await destroyObsolete(side, dataset, some, world, outcome)) === some.length
  const cleared = await destroy(plan.destroy)
  if (!plan.destroyDataset || !cleared) return
  if (!(await destroy(ours.slice(-1)))) return
  log.verbose(`${side.label} ${dataset}: Destroying dataset`)
  await destroyDataset(side.change, dataset)
  side.forget(dataset)
  if (!options.test) outcome.destroyed.push(dataset)
}

function depth(dataset: string): number {
  return dataset.split('/').length
}
