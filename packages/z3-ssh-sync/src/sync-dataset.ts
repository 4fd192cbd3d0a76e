import {
  formatSnapshotName,
  planSync,
  SyncConflict,
  Z3Error,
  type LocalSnapshot,
  type SendFlag,
  type SyncBase,
  type SyncPlan,
  type SyncStep,
} from '@z3/core'
import type { PoolStep } from '@z3/replicate'
import {
  createParents,
  describeLeftOut,
  diffLines,
  fitSendFlags,
  poolFeatures,
  rollback,
} from '@z3/zfs'
import { keepCommon } from './keep-common.js'
import { resume } from './resume.js'
import { chooseFlags } from './send-flags.js'
import { runSteps } from './run-steps.js'
import { readDestination, readSource, type Side } from './side.js'
import { showCommand, type SyncOptions, type SyncResult, type SyncWorld } from './sync-world.js'

/**
 * Bring a dataset at the destination up to date.
 *
 * @param received gets the full names at the destination of what has arrived,
 *   the last of each stream
 * @throws Z3Error; SyncConflict before anything is changed
 */
export async function syncDataset(
  from: string,
  to: string,
  options: SyncOptions,
  world: SyncWorld,
  received: string[],
): Promise<SyncResult> {
  const source = await readSource(world.source, from)
  const before = await readDestination(world.destination, to)
  const { name: resumed, destination } = await resume(source, before, options, world)
  const arrived = (name: string): void => {
    if (world.transfers) received.push(name)
  }
  if (resumed !== undefined) arrived(resumed)
  // a stream of several snapshots may be refused there
  const step = options.step || destination.host.restricted
  const plan = await makePlan(source, destination, { ...options, step }, world)
  for (const note of plan.notes) world.say(note)
  const flags = await fitFlags(
    chooseFlags(options, destination.flags, world.warn),
    plan,
    source,
    destination,
    world,
  )
  await prepareDestination(plan, destination, options, world)
  const steps = plan.steps.map(toPoolStep)
  await runSteps(steps, { destination, flags, options, world, arrived })
  if (world.transfers) {
    await keepCommon(options.keep, plan.target, source, destination, world.warn)
  }
  return { upToDate: plan.upToDate && resumed === undefined }
}

async function makePlan(
  source: Side,
  destination: Side,
  options: SyncOptions,
  { warn }: SyncWorld,
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
      replace: options.replace,
    })
  } catch (error) {
    if (error instanceof SyncConflict && error.kind === 'modified') {
      await tellChanges(destination, error.common, warn)
    }
    throw error
  }
}

/** The first lines of what was changed: often it is nothing but access times. */
async function tellChanges(
  { host }: Side,
  since: LocalSnapshot | undefined,
  warn: (line: string) => void,
): Promise<void> {
  if (!since) return
  try {
    for (const line of await diffLines(host.run, since, 5)) {
      // its columns are tabs, which would be shown as \x09
      warn(line.replaceAll('\t', '  '))
    }
  } catch (error) {
    // a volume, or one that is not mounted: it cannot be told
    if (!(error instanceof Z3Error)) throw error
  }
}

/** Leave out flags that the destination's pool cannot take, and say so. */
async function fitFlags(
  asked: readonly SendFlag[],
  { steps }: SyncPlan,
  source: Side,
  destination: Side,
  { warn }: SyncWorld,
): Promise<readonly SendFlag[]> {
  if (asked.length === 0 || steps.length === 0) return asked
  const { flags, left } = fitSendFlags(
    asked,
    await poolFeatures(source.host, source.dataset),
    await poolFeatures(destination.host, destination.dataset),
  )
  if (left.length > 0) warn(describeLeftOut(left, destination.dataset))
  return flags
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

function toPoolStep({ name, base, target, intermediates, force }: SyncStep): PoolStep {
  return { name, snapshot: target, base: base && baseName(base), between: intermediates, force }
}

function baseName({ kind, name }: SyncBase): NonNullable<PoolStep['base']> {
  const at = name.indexOf(kind === 'snapshot' ? '@' : '#')
  const dataset = name.slice(0, at)
  const rest = name.slice(at + 1)
  return kind === 'snapshot' ? { dataset, snapshot: rest } : { dataset, bookmark: rest }
}
