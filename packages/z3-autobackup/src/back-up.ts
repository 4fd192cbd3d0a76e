import { formatSnapshotName, type Z3Error, isFuture, type Schedule } from '@z3/core'
import type { SnapshotFacts } from '@z3/zfs'
import { openTargets, readSource, type Opened, type SelectedDatasets } from './datasets.js'
import { Needs } from './replicate/needs.js'
import { lookAtNeeds, replicateToAll } from './replicate/replicate-all.js'
import type { Done } from './report.js'
import { select } from './select.js'
import { snapshotAll } from './take-snapshots.js'
import { mapTargets } from './options/targets.js'
import { thinAll } from './thin.js'
import type { Open, World, Side } from './world.js'

/**
 * Select, list all sides, snapshot, then replicate and thin.
 *
 * @throws Z3Error if nothing could be done
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
  // loads the client of the store, which only buckets need
  const bucketModule =
    options.buckets.length > 0 ? await import('./bucket/back-up-buckets.js') : undefined
  const buckets = (await bucketModule?.openBuckets(names, opened.length, world)) ?? []
  const errors: Z3Error[] = []
  const taken = options.snapshot.take ? await snapshotAll(side, selected, world, errors) : []
  const source = await readSource(side, selected, options.test ? taken : [], world)
  noteFuture(source, opened, taken, world)
  const done = { snapshots: options.test ? [] : taken.map(formatSnapshotName), errors }
  const needs = new Needs(source, world)
  lookAtNeeds(source, opened, maps, needs, world)
  bucketModule?.announceNeeds(buckets, source, needs)
  try {
    if (opened.length + buckets.length === 0) {
      return { ...done, targets: [{ place: undefined, datasets: await thinAll(source, world) }] }
    }
    // buckets first: only then is it known what they need of the source, which the pools thin
    const stored = (await bucketModule?.backUpToBuckets(source, buckets, needs, world)) ?? []
    const replicated = await replicateToAll(source, opened, maps, selection, needs, world)
    return { ...done, targets: [...replicated, ...stored] }
  } finally {
    for (const { store } of buckets) store?.store.close()
  }
}

/** Maximum clock difference of two hosts without a note, seconds. */
const SKEW = 60

/**
 * Report managed snapshots in the future: a clock was wrong, and no schedule destroys them before
 * that time.
 *
 * @param taken by this run, and not reported: on a host whose clock is ahead, all of them are in
 *   the future
 */
function noteFuture(
  source: SelectedDatasets,
  targets: readonly Opened[],
  taken: readonly SnapshotFacts[],
  world: World,
): void {
  const { keepSource, keepTarget } = world.options
  const fresh = new Set(taken.map(formatSnapshotName))
  const here = source.side.datasets
    .flatMap(({ snapshots }) => snapshots)
    .filter((one) => !fresh.has(formatSnapshotName(one)))
  noteSide(source.side, here, keepSource, world)
  for (const { target } of targets) {
    if (!target) continue
    const snapshots = target.side.datasets.flatMap((one) => one.snapshots)
    noteSide(target.side, snapshots, keepTarget, world)
  }
}

function noteSide(
  { label }: Side,
  snapshots: readonly SnapshotFacts[],
  schedule: Schedule | undefined,
  { options, log, now }: World,
): void {
  if (!schedule) return
  const future = snapshots.filter(
    (one) => options.names.isOurs(one.snapshot) && isFuture(one, now + SKEW),
  )
  const [first, ...others] = future
  if (!first) return
  const latest = others.reduce((a, b) => (b.created > a.created ? b : a), first)
  const time = new Date(latest.created * 1000).toISOString()
  log.note(
    `${label} ${snapshotsOf(future.length)} created in the future and kept: check the clock (latest: ${formatSnapshotName(latest)}, ${time})`,
  )
}

function snapshotsOf(count: number): string {
  return count === 1 ? '1 snapshot was' : `${String(count)} snapshots were`
}
