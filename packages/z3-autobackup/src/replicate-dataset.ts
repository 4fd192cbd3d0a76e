import {
  findCommonSnapshot,
  formatSnapshotName,
  planReplication,
  type PartialReceive,
  type ReplicationPlan,
  type ReplicationStep,
} from '@z3/core'
import {
  abortReceive,
  createParents,
  describeToken,
  parentOf,
  rollback,
  type SnapshotFacts,
} from '@z3/zfs'
import { destroyObsolete } from './destroy.js'
import { keepCommon, letGo, type Common } from './keep-common.js'
import { chooseLine } from './line.js'
import { mountNew } from './mount.js'
import { propertyWords } from './properties.js'
import type { Source, SourceDataset } from './read-source.js'
import type { Target, TargetDataset } from './read-target.js'
import { chooseStream, type StreamKind } from './send-flags.js'
import type { Side } from './side.js'
import { targetGuid } from './target-guid.js'
import { transfer } from './transfer.js'
import type { World } from './world.js'

export interface DatasetRequest {
  readonly dataset: SourceDataset
  /** Where it goes. */
  readonly to: string
  readonly source: Source
  readonly target: Target
  readonly world: World
  /** Another target needs this snapshot of the source. */
  readonly isNeeded: (snapshot: SnapshotFacts) => boolean
  /** Told what is there so far, also of a dataset that fails later. */
  readonly result: { readonly received: string[]; readonly destroyed: string[] }
}

/**
 * Bring one dataset at the target up to date and thin both sides on the way.
 *
 * @throws Z3Error
 */
export async function replicateDataset(request: DatasetRequest): Promise<void> {
  const { dataset, to, source, target, world } = request
  const { options } = world
  const kind = await chooseStream(dataset.properties, options, source.side)
  const plan = await planDataset(request, kind)
  await dropPartial(request, plan)
  if (options.send) await destroyIncompatible(request, plan)
  await destroySource(request, plan.destroySource)
  await destroyTarget(request, plan.destroyTarget)
  if (!options.send) return
  const [first] = plan.steps
  if (!first) {
    const { common } = plan
    if (common && 'snapshot' in common.source) {
      await keepCommon(common.source, await commonOf(request))
    }
    return
  }
  if (!first.base && options.encrypt) noteUnencrypted(request, kind)
  await prepareTarget(request, plan)
  for (const step of plan.steps) {
    const token =
      step === first && plan.partial === 'resume'
        ? target.datasets.get(to)?.properties['receive_resume_token']
        : undefined
    await runStep(step, token, kind, request)
  }
}

async function planDataset(
  { dataset, to, source, target, world, isNeeded }: DatasetRequest,
  kind: StreamKind,
): Promise<ReplicationPlan<SnapshotFacts>> {
  const { options, log, now } = world
  const there = target.datasets.get(to)
  const { names, trustNames } = options
  // told before the plan is made: it may be why there is none
  findCommonSnapshot(
    {
      source: dataset.snapshots,
      bookmarks: dataset.bookmarks,
      target: there?.snapshots,
      trustNames,
    },
    (note) => {
      log.note(`${source.side.label} ${note}`)
    },
  )
  return planReplication<SnapshotFacts>({
    source: dataset.snapshots,
    bookmarks: dataset.bookmarks,
    target: there?.snapshots,
    targetName: to,
    partial: await readPartial(there, source.side),
    isOurs: names.isOurs,
    sourceSchedule: options.keepSource,
    targetSchedule: options.keepTarget,
    now,
    otherSnapshots: options.otherSnapshots,
    exclude: options.exclude,
    raw: kind.flags.includes('w'),
    // what is not sent finds nothing in its way
    destroyIncompatible: options.destroyIncompatible || !options.send,
    trustNames,
    isNeeded,
  })
}

async function readPartial(
  there: TargetDataset | undefined,
  { read }: Side,
): Promise<PartialReceive | 'unknown' | undefined> {
  const token = there?.properties['receive_resume_token']
  if (token === undefined) return undefined
  const found = await describeToken(read, token)
  if (!found) return 'unknown'
  const { toGuid, fromGuid, flags } = found
  return { toGuid, fromGuid, raw: flags.includes('w') }
}

/** Where it was a first receive, the dataset goes with it. */
async function dropPartial(
  { to, target, world: { options, log } }: DatasetRequest,
  { partial }: ReplicationPlan<SnapshotFacts>,
): Promise<void> {
  if (typeof partial !== 'object' || !options.send) return
  log.verbose(`${target.side.label} ${to}: Aborting resume, ${partial.drop}.`)
  await abortReceive(target.side.change, to)
  if (target.datasets.get(to)?.snapshots.length === 0)
    target.datasets.delete(to)
}

async function destroyIncompatible(
  request: DatasetRequest,
  { incompatible }: ReplicationPlan<SnapshotFacts>,
): Promise<void> {
  if (incompatible.length === 0) return
  const { to, target, world } = request
  world.log.verbose(
    `${target.side.label} ${to}: destroying what stands in the way`,
  )
  await destroyTarget(request, incompatible)
}

/** zfs encrypts what is received into an encrypted dataset, and says no word. */
function noteUnencrypted(
  { to, target, world: { options, log } }: DatasetRequest,
  { flags }: StreamKind,
): void {
  const isGiven = options.properties.set.some((one) =>
    one.startsWith('encryption='),
  )
  if (flags.includes('w') || isGiven) return
  const encryptionOf = (name: string): string | undefined =>
    target.datasets.get(name)?.properties['encryption']
  let parent = parentOf(to)
  // of what this run has made, what that is in decides
  while (parent !== undefined && encryptionOf(parent) === undefined) {
    parent = parentOf(parent)
  }
  if ((encryptionOf(parent ?? '') ?? 'off') !== 'off') return
  log.note(
    `${target.side.label} ${to}: it will not be encrypted, since ${parent ?? 'its parent'} is not (--encrypt)`,
  )
}

async function prepareTarget(
  { to, target, world: { options, log } }: DatasetRequest,
  { partial, incompatible, rollbackTo }: ReplicationPlan<SnapshotFacts>,
): Promise<void> {
  const { label, change } = target.side
  const parent = parentOf(to)
  if (parent !== undefined && !target.datasets.has(parent)) {
    const created = options.test ? [] : await createParents(change, to)
    for (const one of created) {
      log.verbose(`${label} ${one}: Creating (not mounted)`)
      target.datasets.set(one, {
        properties: { type: 'filesystem' },
        snapshots: [],
      })
    }
  }
  // what was saved builds on the snapshot, not on what was written since
  if (!rollbackTo || partial === 'resume') return
  if (
    options.rollback ||
    options.destroyIncompatible ||
    incompatible.length > 0
  ) {
    log.verbose(`${label} ${to}: Rolling back to @${rollbackTo.snapshot}`)
    await rollback(change, rollbackTo, false)
  }
}

async function runStep(
  step: ReplicationStep<SnapshotFacts>,
  token: string | undefined,
  kind: StreamKind,
  request: DatasetRequest,
): Promise<void> {
  const { dataset, to, source, target, world, result } = request
  const { options } = world
  await transfer({
    step,
    token,
    targetDataset: to,
    source: source.side,
    target: target.side,
    kind,
    receiveOptions: propertyWords(
      options.properties,
      String(dataset.properties['type']),
    ),
    force: options.force,
    ignoreErrors: options.ignoreTransferErrors,
    line: await chooseLine(options.line, source.side.host, target.side.host),
    log: world.log,
    signal: world.signal,
    transfers: world.transfers,
    estimates: world.estimates,
  })
  const there = { dataset: to, snapshot: step.snapshot.snapshot }
  if (!options.test) result.received.push(formatSnapshotName(there))
  const before = target.datasets.get(to)
  target.datasets.set(to, {
    properties: before?.properties ?? {},
    snapshots: [
      ...(before?.snapshots ?? []),
      { ...step.snapshot, ...there, userrefs: 0 },
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
  { dataset, source, world, result }: DatasetRequest,
  snapshots: readonly SnapshotFacts[],
): Promise<void> {
  const { options, log } = world
  const gone = await destroyObsolete({
    side: source.side,
    dataset: dataset.name,
    snapshots,
    holds: source.holds,
    holdTag: options.names.holdTag,
    log,
  })
  dataset.snapshots = dataset.snapshots.filter(
    ({ snapshot }) => !gone.has(snapshot),
  )
  if (!options.test) result.destroyed.push(...fullNames(dataset.name, gone))
}

async function destroyTarget(
  { to, target, world, result }: DatasetRequest,
  snapshots: readonly SnapshotFacts[],
): Promise<void> {
  const { options, log } = world
  const gone = await destroyObsolete({
    side: target.side,
    dataset: to,
    snapshots,
    holds: target.holds,
    holdTag: options.names.holdTag,
    log,
  })
  const there = target.datasets.get(to)
  if (there) {
    there.snapshots = there.snapshots.filter(
      ({ snapshot }) => !gone.has(snapshot),
    )
  }
  if (!options.test) result.destroyed.push(...fullNames(to, gone))
}

function fullNames(
  dataset: string,
  snapshots: ReadonlySet<string>,
): readonly string[] {
  return Array.from(snapshots, (snapshot) =>
    formatSnapshotName({ dataset, snapshot }),
  )
}
