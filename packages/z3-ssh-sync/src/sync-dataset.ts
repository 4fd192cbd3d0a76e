import {
  planSync,
  SyncConflict,
  Z3Error,
  type LocalSnapshot,
  type SendFlag,
  type SyncPlan,
} from '@z3/core'
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
import type { Outcome } from './sync-report.js'
import type { SyncOptions, SyncWorld } from './sync-world.js'

/**
 * Bring a dataset at the destination up to date.
 *
 * @returns what has arrived, also where the rest has failed; the error is no SyncConflict
 *   unless nothing was changed
 */
export async function syncDataset(
  from: string,
  to: string,
  options: SyncOptions,
  world: SyncWorld,
): Promise<Outcome> {
  const received: string[] = []
  const names = { source: from, destination: to, received }
  try {
    const upToDate = await sync(from, to, options, world, (name) => received.push(name))
    return { ...names, upToDate }
  } catch (error) {
    return { ...names, error }
  }
}

/** @returns whether the destination was up to date */
async function sync(
  from: string,
  to: string,
  options: SyncOptions,
  world: SyncWorld,
  arrived: (name: string) => void,
): Promise<boolean> {
  const source = await readSource(world.source, from)
  const before = await readDestination(world.destination, to)
  const { isResumed, destination } = await resume(source, before, options, world, arrived)
  // a stream of several snapshots may be refused there
  const step = options.step || destination.pool.host.restricted
  const plan = await makePlan(source, destination, { ...options, step }, world)
  for (const note of plan.notes) world.say(note)
  const asked = chooseFlags(options, destination.flags, world.warn)
  const flags = await fitFlags(asked, plan, source, destination, world)
  await prepareDestination(plan, destination, options, world)
  await runSteps(plan.steps, { destination, flags, options, world, arrived })
  if (world.transfers) {
    await keepCommon(options.keep, plan.upTo, world.source, destination, world.warn)
  }
  return plan.upToDate && !isResumed
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
      upTo: options.snapshot,
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
  { pool }: Side,
  since: LocalSnapshot | undefined,
  warn: (line: string) => void,
): Promise<void> {
  if (!since) return
  try {
    for (const line of await diffLines(pool.read, since, 5)) {
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
    await poolFeatures(source.pool.host, source.dataset),
    await poolFeatures(destination.pool.host, destination.dataset),
  )
  if (left.length > 0) warn(describeLeftOut(left, destination.dataset))
  return flags
}

/** What must be done before the first stream. */
async function prepareDestination(
  plan: SyncPlan,
  { pool, dataset, snapshots }: Side,
  options: SyncOptions,
  world: SyncWorld,
): Promise<void> {
  if (plan.steps.length === 0) return
  if (snapshots === undefined && options.createParents) {
    if (!world.transfers) {
      world.say(`what ${dataset} is in would be created where it is missing`)
    } else {
      const created = await createParents(pool.change, dataset)
      for (const one of created) world.say(`created ${one}`)
    }
  }
  if (plan.rollbackFirst && plan.rollbackTo) await rollback(pool.change, plan.rollbackTo, true)
}
