import { Z3Error, type ReplicationPlan, type ThinningStep } from '@z3/core'
import { renderPipeline } from '@z3/pipeline'
import { chooseLine, keepOnBoth, run, type KeepPolicy } from '@z3/replicate'
import type { SnapshotFacts } from '@z3/zfs'
import { datasetOf } from '../datasets.js'
import { planDataset, type DatasetRequest } from './plan-dataset.js'
import { fitToPools, mountNew, prepareTarget } from './prepare-target.js'
import { propertyWords } from '../options/properties.js'
import { chooseStream, type StreamKind } from './send-flags.js'
import { destroyObsolete } from '../thin.js'

type Plan = ReplicationPlan<SnapshotFacts>
type Step = ThinningStep<SnapshotFacts>

/**
 * Bring one dataset at the target up to date, and thin both sides meanwhile.
 *
 * @throws Z3Error
 */
export async function replicateDataset(request: DatasetRequest): Promise<void> {
  const { source, target, world } = request
  const { options } = world
  const { properties } = datasetOf(source, request.name)
  const kind = await chooseStream(properties, options, source.side, target.side)
  const plan = await planDataset(request, kind)
  if (options.send) {
    await dropPartial(request, plan)
    await destroyIncompatible(request, plan)
  }
  await thin(request, plan)
  if (!options.send) return
  if (plan.steps.length === 0) {
    await repairCommon(request, plan)
    return
  }
  const fitting = await fitToPools(request, kind)
  await prepareTarget(request, plan, kind)
  await send(request, plan, fitting)
}

async function dropPartial(
  { to, target: { side }, world: { log } }: DatasetRequest,
  { partial }: Plan,
): Promise<void> {
  if (typeof partial !== 'object') return
  log.verbose(`${side.label} ${to}: Aborting resume, ${partial.drop}.`)
  await side.abortReceive(to)
}

async function destroyIncompatible(
  { to, target: { side }, world, outcome }: DatasetRequest,
  { incompatible }: Plan,
): Promise<void> {
  if (incompatible.length === 0) return
  world.log.verbose(`${side.label} ${to}: destroying snapshots that block the stream`)
  const gone = await destroyObsolete(side, to, incompatible, world, outcome)
  if (gone === incompatible.length) return
  throw new Z3Error(
    'destination-diverged',
    `${to} has snapshots that block the stream, and not all of them can be destroyed`,
    { hint: 'List holds with zfs holds, and check for clones.' },
  )
}

async function thin(
  { name, to, source, target, world, outcome }: DatasetRequest,
  { destroySource, destroyTarget }: Pick<Plan, 'destroySource' | 'destroyTarget'>,
): Promise<void> {
  await destroyObsolete(source.side, name, destroySource, world, outcome)
  await destroyObsolete(target.side, to, destroyTarget, world, outcome)
}

/** Send one stream after the other, and protect each received snapshot on both sides. */
function send(request: DatasetRequest, plan: Plan, kind: StreamKind): Promise<void> {
  const { name: dataset, to, source, target, world, outcome } = request
  const { options, log } = world
  const { label } = target.side
  const type = String(datasetOf(source, dataset).properties['type'])
  const token =
    plan.partial === 'resume' ? target.side.find(to)?.properties['receive_resume_token'] : undefined
  return run(
    plan.steps.map((step, index) => ({
      ...step,
      resume: index === 0 && token !== undefined ? { token, remaining: undefined } : undefined,
    })),
    {
      source: source.side.source({ ...kind, estimates: world.estimates }),
      target: target.side.target({
        dataset: to,
        unmounted: true,
        options: [...kind.receive, ...propertyWords(options.properties, type)],
      }),
      line: () =>
        chooseLine(options.line, {
          source: source.side.host,
          target: target.side.host,
          here: target.side.host,
        }),
      transfers: world.transfers,
      signal: world.signal,
      onBegin: ({ name, base, resume }) => {
        const what = resume ? 'resuming' : base ? 'receiving incremental' : 'receiving full'
        log.verbose(`${label} ${name}: ${what}`)
      },
      onStream: (_step, commands) => {
        log.debug(renderPipeline(commands))
      },
      onIgnored: options.ignoreTransferErrors
        ? ({ name }, error) => {
            log.note(`${label} ${name}: ${error.message} (ignored)`)
          }
        : undefined,
      onArrived: ({ name, snapshot }) => {
        if (!options.test) outcome.received.push(name)
        target.side.addSnapshot({ ...snapshot, dataset: to, userrefs: 0, hasClones: false })
      },
      keep: ({ snapshot }) => keepCommon(request, snapshot),
      settle: async ({ base }) => {
        if (!base && !options.test) await mountNew(target.side, to, log)
      },
      thin: async (step) => {
        if (!step.targetBase) return
        await releaseBase(request, step)
        await thin(request, step)
      },
    },
  )
}

/**
 * Without a stream to send, the common snapshot is already protected, unless a run was killed right
 * after its transfer or somebody released the hold.
 */
async function repairCommon(request: DatasetRequest, { common }: Plan): Promise<void> {
  const { log, options } = request.world
  if (!common || !('snapshot' in common.source)) return
  if (!options.names.isOurs(common.source.snapshot)) return
  await keepCommon(request, common.source, (kept) => {
    log.note(`${kept}, which was missing`)
  })
}

async function keepCommon(
  request: DatasetRequest,
  snapshot: SnapshotFacts,
  onKept?: (what: string) => void,
): Promise<void> {
  const { to, source, target } = request
  const policy = await keepPolicy(request, snapshot.snapshot)
  await keepOnBoth(snapshot, { source: source.side, target: target.side, to }, policy, onKept)
}

/** Release the previous common snapshot, unless another target needs it. */
async function releaseBase(
  request: DatasetRequest,
  { snapshot, base, targetBase }: Step,
): Promise<void> {
  const { name, to, source, target, isNeeded } = request
  const { keep, holdTag, bookmark: current } = await keepPolicy(request, snapshot.snapshot)
  if (keep === 'none') return
  if (base && 'snapshot' in base && !isNeeded(base)) await source.side.release(holdTag, base)
  if (targetBase) await target.side.release(holdTag, { ...targetBase, dataset: to })
  if (current === undefined) return
  const suffix = current.slice(snapshot.snapshot.length)
  const old = datasetOf(source, name).bookmarks.filter(
    ({ bookmark }) => bookmark.endsWith(suffix) && !(keep === 'bookmark' && bookmark === current),
  )
  for (const one of old) await source.side.destroyBookmark(one)
}

/**
 * Bookmarks have zfs-autobackup 4's names, which contain the guid of the target's dataset to
 * distinguish targets.
 *
 * @throws Z3Error `zfs-failed` if zfs does not report that guid: then no bookmark can protect the
 *   common snapshot
 */
async function keepPolicy(
  { to, target: { side }, world: { options } }: DatasetRequest,
  snapshot: string,
): Promise<KeepPolicy> {
  const { policy, names, test } = options
  const { keep } = policy
  const isNeeded = keep === 'bookmark' && !test
  const guid = isNeeded ? await side.property(to, 'guid') : side.find(to)?.properties['guid']
  if (isNeeded && guid === undefined) {
    throw new Z3Error(
      'zfs-failed',
      `zfs reports no guid of ${to}, which is part of bookmark names`,
      { hint: "Use '--keep-common hold'." },
    )
  }
  const bookmark = guid === undefined ? undefined : `${snapshot}_${guid}`
  return { keep, holdTag: names.holdTag, bookmark, replace: true }
}
