import { formatSnapshotName, Z3Error, type ReplicationPlan, type ReplicationStep } from '@z3/core'
import { renderPipeline } from '@z3/pipeline'
import { chooseLine, run } from '@z3/replicate'
import { abortReceive, type SnapshotFacts } from '@z3/zfs'
import type { DatasetRequest } from './dataset-request.js'
import { destroyObsolete } from './destroy.js'
import { fitToPools } from './fit-to-pools.js'
import { keepCommon, letGo, type Common } from './keep-common.js'
import { mountNew } from './mount.js'
import { planDataset } from './plan-dataset.js'
import { prepareTarget } from './prepare-target.js'
import { propertyWords } from './properties.js'
import { chooseStream, type StreamKind } from './send-flags.js'
import { targetGuid } from './target-guid.js'

/**
 * Bring one dataset at the target up to date and thin both sides on the way.
 *
 * @throws Z3Error
 */
export async function replicateDataset(request: DatasetRequest): Promise<void> {
  const { dataset, to, source, target, world } = request
  const { options } = world
  const kind = await chooseStream(dataset.properties, options, source.side, target.side)
  const plan = await planDataset(request, kind)
  await dropPartial(request, plan)
  if (options.send) await destroyIncompatible(request, plan)
  await destroySource(request, plan.destroySource)
  await destroyTarget(request, plan.destroyTarget)
  if (!options.send) return
  const [first] = plan.steps
  if (!first) {
    await repairCommon(request, plan)
    return
  }
  const fitting = await fitToPools(request, kind)
  await prepareTarget(request, plan, kind)
  for (const step of plan.steps) {
    const token =
      step === first && plan.partial === 'resume'
        ? target.datasets.get(to)?.properties['receive_resume_token']
        : undefined
    await runStep(step, token, fitting, request)
  }
}

/**
 * With nothing to send, the common snapshot of ours is kept already, unless a
 * run was killed right after its transfer, or somebody released the hold.
 */
async function repairCommon(
  request: DatasetRequest,
  { common }: ReplicationPlan<SnapshotFacts>,
): Promise<void> {
  const { dataset, world } = request
  const { log, options } = world
  if (!common || !('snapshot' in common.source)) return
  if (!options.names.isOurs(common.source.snapshot)) return
  const note = (kept: string): void => {
    log.note(`${kept}, which was missing`)
  }
  dataset.bookmarks = await keepCommon(common.source, await commonOf(request), note)
}

/** Where it was a first receive, the dataset goes with it. */
async function dropPartial(
  { to, target, world: { options, log } }: DatasetRequest,
  { partial }: ReplicationPlan<SnapshotFacts>,
): Promise<void> {
  if (typeof partial !== 'object' || !options.send) return
  log.verbose(`${target.side.label} ${to}: Aborting resume, ${partial.drop}.`)
  await abortReceive(target.side.change, to)
  if (target.datasets.get(to)?.snapshots.length === 0) target.datasets.delete(to)
}

async function destroyIncompatible(
  request: DatasetRequest,
  { incompatible }: ReplicationPlan<SnapshotFacts>,
): Promise<void> {
  if (incompatible.length === 0) return
  const { to, target, world } = request
  world.log.verbose(`${target.side.label} ${to}: destroying what stands in the way`)
  if ((await destroyTarget(request, incompatible)) === incompatible.length) return
  throw new Z3Error(
    'destination-diverged',
    `${to} has snapshots that stand in the way, and not all of them can be destroyed`,
    { hint: 'See what holds them: zfs holds, and clones.' },
  )
}

async function runStep(
  step: ReplicationStep<SnapshotFacts>,
  token: string | undefined,
  kind: StreamKind,
  request: DatasetRequest,
): Promise<void> {
  const { dataset, to, target, world, outcome } = request
  const { options } = world
  await send(step, token, kind, request)
  const there = { dataset: to, snapshot: step.snapshot.snapshot }
  if (!options.test) outcome.received.push(formatSnapshotName(there))
  const before = target.datasets.get(to)
  target.datasets.set(to, {
    properties: before?.properties ?? {},
    snapshots: [
      ...(before?.snapshots ?? []),
      { ...step.snapshot, ...there, userrefs: 0, hasClones: false },
    ],
  })
  const common = await commonOf(request)
  dataset.bookmarks = await keepCommon(step.snapshot, common)
  if (!step.base && !options.test) await mountNew(target.side, to, world.log)
  if (!step.targetBase) return
  const base = step.base && 'snapshot' in step.base ? step.base : undefined
  dataset.bookmarks = await letGo(
    base && !request.isNeeded(base) ? base : undefined,
    { ...step.targetBase, dataset: to },
    step.snapshot,
    { ...common, bookmarks: dataset.bookmarks },
  )
  await destroySource(request, step.destroySource)
  await destroyTarget(request, step.destroyTarget)
}

/** Send one snapshot. */
async function send(
  { snapshot, base }: ReplicationStep<SnapshotFacts>,
  token: string | undefined,
  kind: StreamKind,
  { dataset, to, source, target, world }: DatasetRequest,
): Promise<void> {
  const { options, log } = world
  const name = formatSnapshotName({ dataset: to, snapshot: snapshot.snapshot })
  const { flags, properties } = kind
  await run(
    [
      {
        ...{ name, snapshot, base, force: options.force },
        resume: token === undefined ? undefined : { token, remaining: undefined },
      },
    ],
    {
      source: source.side.source({ flags, properties, estimates: world.estimates }),
      target: target.side.target({
        dataset: to,
        unmounted: true,
        options: [
          ...kind.receive,
          ...propertyWords(options.properties, String(dataset.properties['type'])),
        ],
      }),
      line: () =>
        chooseLine(options.line, {
          source: source.side.host,
          target: target.side.host,
          here: target.side.host,
        }),
      transfers: world.transfers,
      signal: world.signal,
      onBegin: ({ resume }) => {
        const what = resume ? 'resuming' : base ? 'receiving incremental' : 'receiving full'
        log.verbose(`${target.side.label} ${name}: ${what}`)
      },
      onStream: (_step, commands) => {
        log.debug(renderPipeline(commands))
      },
      onIgnored: options.ignoreTransferErrors
        ? (_step, error) => {
            log.note(`${target.side.label} ${name}: ${error.message} (ignored)`)
          }
        : undefined,
    },
  )
}

async function commonOf({
  dataset,
  to,
  source,
  target,
  world: { options },
}: DatasetRequest): Promise<Common> {
  return {
    keep: options.keepCommon,
    holdTag: options.names.holdTag,
    source: source.side,
    target: target.side,
    targetDataset: to,
    targetGuid:
      options.keepCommon === 'bookmark' && !options.test
        ? await targetGuid(target, to)
        : target.datasets.get(to)?.properties['guid'],
    sourceHolds: source.holds,
    targetHolds: target.holds,
    bookmarks: dataset.bookmarks,
  }
}

async function destroySource(
  { dataset, source, world, outcome }: DatasetRequest,
  snapshots: readonly SnapshotFacts[],
): Promise<void> {
  const gone = await destroyObsolete({
    side: source.side,
    dataset: dataset.name,
    snapshots,
    holds: source.holds,
    world,
    outcome,
  })
  dataset.snapshots = dataset.snapshots.filter(({ snapshot }) => !gone.has(snapshot))
}

/** @returns how many are gone */
async function destroyTarget(
  { to, target, world, outcome }: DatasetRequest,
  snapshots: readonly SnapshotFacts[],
): Promise<number> {
  const gone = await destroyObsolete({
    side: target.side,
    dataset: to,
    snapshots,
    holds: target.holds,
    world,
    outcome,
  })
  const there = target.datasets.get(to)
  if (there) {
    there.snapshots = there.snapshots.filter(({ snapshot }) => !gone.has(snapshot))
  }
  return gone.size
}
