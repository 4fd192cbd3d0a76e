import {
  formatSendFlags,
  formatSnapshotName,
  planSync,
  SyncConflict,
  Z3Error,
  type KeepCommon,
  type LocalSnapshot,
  type SendFlag,
  type SyncBase,
  type SyncPlan,
  type SyncStep,
} from '@z3/core'
import { renderPipeline, type Stage, type Transfers } from '@z3/pipeline'
import {
  abortReceive,
  createParents,
  describeToken,
  diffLines,
  estimateSend,
  getProperties,
  hasOption,
  listSnapshots,
  parentOf,
  receiveCommand,
  resumeCommand,
  rollback,
  sendCommand,
  type Host,
  type SendRequest,
} from '@z3/zfs'
import { explainFailure } from './explain-failure.js'
import { keepCommon } from './keep-common.js'
import { chooseLine, type LineOptions } from './line.js'
import { chooseFlags, type FlagArguments } from './send-flags.js'
import {
  FLAGS_PROPERTY,
  readDestination,
  readSource,
  type Side,
} from './side.js'

/** What is wanted of every dataset of a run. */
export interface SyncOptions extends FlagArguments {
  readonly prefix: string
  readonly snapshot: string | undefined
  readonly step: boolean
  readonly onlyMatching: boolean
  readonly history: boolean
  readonly rollback: boolean
  readonly createParents: boolean
  readonly keep: KeepCommon
  readonly mount: boolean
  /** Words for zfs receive: -o and -x. */
  readonly receive: readonly string[]
  readonly line: LineOptions
}

/** The hosts, and how to talk to the user. */
export interface SyncWorld {
  readonly here: Host
  readonly source: Host
  readonly destination: Host
  readonly signal: AbortSignal
  /** Runs pipelines; undefined: nothing is changed, commands are shown. */
  readonly transfers: Transfers | undefined
  readonly print: (line: string) => void
  readonly say: (line: string) => void
}

/** What became of a dataset. */
export interface SyncResult {
  readonly source: string
  readonly destination: string
  readonly upToDate: boolean
  /** Full names at the destination that were received, the last of each stream. */
  readonly received: readonly string[]
}

/**
 * Bring a dataset at the destination up to date.
 *
 * @throws Z3Error; SyncConflict before anything is changed
 */
export async function syncDataset(
  from: string,
  to: string,
  options: SyncOptions,
  world: SyncWorld,
): Promise<SyncResult> {
  const source = await readSource(world.source, from)
  const before = await readDestination(world.destination, to)
  const received: string[] = []
  const resumed = await resume(source, before, options, world)
  if (resumed !== undefined) received.push(resumed)
  const destination =
    before.token === undefined || !world.transfers
      ? before
      : await readDestination(world.destination, to)
  const plan = await makePlan(source, destination, options, world)
  for (const note of plan.notes) world.say(note)
  const flags = chooseFlags(options, destination.flags, world.say)
  await prepareDestination(plan, destination, options, world)
  for (const step of plan.steps) {
    await runStep(step, flags, source, destination, options, world)
    received.push(step.name)
  }
  if (world.transfers) await keep(plan, source, destination, options, world)
  return {
    source: from,
    destination: to,
    upToDate: plan.upToDate && resumed === undefined,
    received,
  }
}

async function makePlan(
  source: Side,
  destination: Side,
  options: SyncOptions,
  { say }: SyncWorld,
): Promise<SyncPlan> {
  try {
    return planSync({
      source: { ...source, snapshots: source.snapshots ?? [] },
      destination,
      prefix: options.prefix,
      target: options.snapshot,
      step: options.step,
      onlyMatching: options.onlyMatching,
      history: options.history,
      rollback: options.rollback,
    })
  } catch (error) {
    if (error instanceof SyncConflict && error.kind === 'modified') {
      await tellChanges(destination, error.common, say)
    }
    throw error
  }
}

/** The first lines of what was changed: often it is nothing but access times. */
async function tellChanges(
  { host }: Side,
  since: LocalSnapshot | undefined,
  say: (line: string) => void,
): Promise<void> {
  if (!since) return
  try {
    for (const line of await diffLines(host.run, since, 5)) say(line)
  } catch (error) {
    // a volume, or one that is not mounted: it cannot be told
    if (!(error instanceof Z3Error)) throw error
  }
}

/**
 * Go on with what an interrupted receive has saved, or drop it where that is
 * not wanted any more.
 *
 * @returns the snapshot that was received
 */
async function resume(
  source: Side,
  destination: Side,
  options: SyncOptions,
  world: SyncWorld,
): Promise<string | undefined> {
  const { token } = destination
  if (token === undefined) return undefined
  const found = await describeToken(source.host.run, token)
  const target = source.snapshots?.find(({ guid }) => guid === found?.toGuid)
  const newest = destination.snapshots?.at(-1)
  if (!found || !target || found.fromGuid !== newest?.guid) {
    world.say(
      `${destination.dataset}: what an interrupted receive has left is of no use any more, and is dropped`,
    )
    if (world.transfers) {
      await abortReceive(destination.host.run, destination.dataset)
    } else {
      showCommand(
        destination.host,
        ['receive', '-A', destination.dataset],
        world,
      )
    }
    return undefined
  }
  world.say(
    `${destination.dataset}: going on with ${target.snapshot}, of which ${String(found.received)} bytes have arrived`,
  )
  const name = `${destination.dataset}@${target.snapshot}`
  await stream({
    name,
    send: [resumeCommand(token)],
    expected: found.remaining,
    flags: found.flags,
    target,
    destination,
    force: false,
    options,
    world,
    properties: [],
  })
  return name
}

/** What must be done before the first stream. */
async function prepareDestination(
  plan: SyncPlan,
  { host, dataset, snapshots }: Side,
  options: SyncOptions,
  world: SyncWorld,
): Promise<void> {
  if (plan.steps.length === 0) return
  if (snapshots === undefined && options.createParents) {
    if (!world.transfers) {
      world.say(`what ${dataset} is in would be created where it is missing`)
    } else {
      const created = await createParents(host.run, dataset)
      for (const one of created) world.say(`created ${one}`)
    }
  }
  if (plan.rollbackFirst && plan.rollbackTo) {
    const { rollbackTo } = plan
    if (world.transfers) await rollback(host.run, rollbackTo, true)
    else {
      const name = formatSnapshotName(rollbackTo)
      showCommand(host, ['rollback', '-r', name], world)
    }
  }
}

async function runStep(
  step: SyncStep,
  flags: readonly SendFlag[],
  source: Side,
  destination: Side,
  options: SyncOptions,
  world: SyncWorld,
): Promise<void> {
  const request: SendRequest = {
    snapshot: step.target,
    base: step.base && baseName(step.base),
    between: step.intermediates,
    flags,
  }
  const begins = step.base === undefined && flags.length > 0
  await stream({
    name: step.name,
    send: [sendCommand(request)],
    expected: world.transfers
      ? await estimateSend(source.host.run, request)
      : undefined,
    flags,
    target: step.target,
    destination,
    force: step.force,
    options,
    world,
    properties: begins
      ? ['-o', `${FLAGS_PROPERTY}=${formatSendFlags(flags)}`]
      : [],
  })
}

interface Stream {
  /** Full name of the last snapshot at the destination. */
  readonly name: string
  readonly send: readonly [ReturnType<typeof sendCommand>]
  readonly expected: number | undefined
  readonly flags: readonly SendFlag[]
  readonly target: LocalSnapshot
  readonly destination: Side
  readonly force: boolean
  readonly options: SyncOptions
  readonly world: SyncWorld
  /** More words for zfs receive. */
  readonly properties: readonly string[]
}

async function stream(request: Stream): Promise<void> {
  const { destination, options, world, send, name, flags } = request
  const { host, dataset } = destination
  const line = await chooseLine(
    options.line,
    flags,
    world.source,
    world.destination,
    world.here,
  )
  const resumable = await hasOption(host.run, 'receive', 's')
  const receive = receiveCommand({
    // a stream of several snapshots brings their names with it
    name: { dataset },
    unmounted: !options.mount,
    force: request.force,
    resumable,
    options: [...request.properties, ...options.receive],
  })
  const outgoing = [...send, ...line.outgoing]
  const incoming = [...line.incoming, receive]
  if (!world.transfers) {
    world.print(
      renderPipeline([
        ...world.source.shown(outgoing),
        ...line.between,
        ...world.destination.shown(incoming),
      ]),
    )
    return
  }
  const sending: readonly Stage[] = world.source.stages(outgoing)
  try {
    await world.transfers.run(
      {
        name,
        stages: [
          ...sending,
          ...line.between,
          ...world.destination.stages(incoming),
        ],
        reader: world.source.target === undefined ? 1 : sending.length,
        expected: request.expected,
        commit: false,
      },
      world.signal,
    )
  } catch (error) {
    // a line that is gone explains whatever else was said
    const lost = (await world.source.lost()) ?? (await world.destination.lost())
    throw (
      lost ??
      (await missingParent(destination)) ??
      explainFailure(error, [
        { host: world.source, commands: outgoing },
        { host: world.destination, commands: incoming },
      ])
    )
  }
  await checkArrived(request)
  world.print(`received ${name}`)
}

/** Why a dataset cannot be received: zfs says it of a snapshot's parent. */
async function missingParent({
  host,
  dataset,
  snapshots,
}: Side): Promise<Z3Error | undefined> {
  const parent = parentOf(dataset)
  if (snapshots !== undefined || parent === undefined) return undefined
  try {
    await getProperties(host.run, parent, ['type'])
    return undefined
  } catch (error) {
    if (!(error instanceof Z3Error) || error.code !== 'no-such-dataset') {
      // it cannot be told
      return undefined
    }
    return new Z3Error(
      'no-such-dataset',
      `${dataset} cannot be received on ${host.title}: there is no ${parent}`,
      { hint: 'Create it there, or give --create-parents.', cause: error },
    )
  }
}

/** What zfs reports is not enough to say that it is there: look. */
async function checkArrived({
  name,
  target,
  destination: { host, dataset },
}: Stream): Promise<void> {
  const there = await listSnapshots(host.run, dataset)
  if (there.some(({ guid }) => guid === target.guid)) return
  throw new Z3Error(
    'not-restored',
    `${name} is not on ${host.title}, although zfs receive has reported no error`,
    { hint: 'Look at the dataset there before it is relied upon.' },
  )
}

async function keep(
  plan: SyncPlan,
  source: Side,
  { host, dataset }: Side,
  options: SyncOptions,
  { say }: SyncWorld,
): Promise<void> {
  const target = plan.target
  try {
    await keepCommon(
      options.keep,
      source.host,
      target,
      source.snapshots ?? [],
      { host, dataset },
    )
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    // it has arrived: that is not undone by a permission that is missing
    const what = `keeping ${formatSnapshotName(target)} for the next increment (--keep-common ${options.keep})`
    say(`${what}: ${error.message}`)
    if (error.hint !== undefined) say(`hint: ${error.hint}`)
  }
}

function baseName({ kind, name }: SyncBase): NonNullable<SendRequest['base']> {
  const at = name.indexOf(kind === 'snapshot' ? '@' : '#')
  const dataset = name.slice(0, at)
  const rest = name.slice(at + 1)
  return kind === 'snapshot'
    ? { dataset, snapshot: rest }
    : { dataset, bookmark: rest }
}

function showCommand(
  host: Host,
  args: readonly string[],
  { print }: SyncWorld,
): void {
  print(renderPipeline(host.shown([{ file: 'zfs', args }])))
}
