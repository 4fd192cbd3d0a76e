import { formatSnapshotName, obsoleteOf, planMissing } from '@z3/core'
import type { Outcome } from '@z3/replicate'
import { destroyDataset, type NotDestroyed, type SnapshotFacts } from '@z3/zfs'
import { datasetOf, type SelectedDatasets, type OpenedTarget } from './datasets.js'
import { attemptDataset, type DatasetReport } from './report.js'
import type { Side, World } from './world.js'

/**
 * Destroy snapshots that the schedule does not keep, our hold released first. What
 * somebody else holds stays, and is no failure; so does what has clones, with a note.
 * Any other failure is logged, and does not keep the run from continuing: an old
 * snapshot too many is no reason to send no new one.
 *
 * @param outcome gets what is destroyed, and what could not be
 * @returns how many are gone
 * @throws Z3Error with --debug; else only where a hold cannot be released
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
      log.note(`${side.label} ${name}: it has clones, and stays`)
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
      log.note(`${side.label} ${error.message}: it has clones, and stays`)
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

/** Meanwhile, or zfs has not told before. */
function gotClones({ message }: NotDestroyed['error']): boolean {
  return /has dependent clones/.test(message)
}

/**
 * Thin a source of which nothing is sent. A dataset that fails is counted, and the
 * others continue.
 *
 * @throws Z3Error with --debug, the first; what is no Z3Error
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
 * What our tag holds stays, since a target's next increment is sent from it, and so does
 * what `isNeeded` says a target needs, and so do
 * the newest, by createtxg, and what others hold.
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
 * Thin the datasets at the target that have no source any more, and destroy those that
 * have had none for as long as --destroy-missing says.
 *
 * @param used datasets that have a source
 * @returns of those to which anything has been done, or which failed
 * @throws Z3Error with --debug, the first; what is no Z3Error
 */
export async function thinMissing(
  { side, path }: OpenedTarget,
  used: ReadonlySet<string>,
  world: World,
): Promise<readonly DatasetReport[]> {
  const reports: DatasetReport[] = []
  // the deepest first: what is in a dataset goes before it
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
