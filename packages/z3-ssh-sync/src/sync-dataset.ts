import {
  planSync,
  SyncConflict,
  Z3Error,
  type LocalSnapshot,
  type SendFlag,
  type SyncPlan,
  type SyncSource,
} from '@z3/core'
import { attempt, type PoolEndpoint } from '@z3/replicate'
import {
  createParents,
  describeLeftOut,
  diffLines,
  fitSendFlags,
  listBelow,
  poolFeatures,
  rollback,
} from '@z3/zfs'
import { keepCommon } from './keep-common.js'
import { readDestination, resume } from './resume.js'
import { runSteps } from './run-steps.js'
import { chooseFlags } from './send-flags.js'
import type { DatasetReport } from './sync-report.js'
import { FLAGS_PROPERTY, type SyncJob, type SyncOptions, type SyncWorld } from './sync-world.js'

/**
 * Bring a dataset at the destination up to date.
 *
 * @returns what was received, even if the rest failed; the error is a SyncConflict only if nothing
 *   was changed
 */
export async function syncDataset(
  from: string,
  to: string,
  options: SyncOptions,
  world: SyncWorld,
): Promise<DatasetReport> {
  let upToDate = false
  const { received, failure } = await attempt(async (outcome) => {
    const arrived = (name: string) => outcome.received.push(name)
    upToDate = await sync({ from, to, options, world, arrived })
  })
  const report = { source: from, destination: to, received }
  return failure === undefined ? { ...report, upToDate } : { ...report, error: failure }
}

/** @returns whether the destination was up to date */
async function sync(job: SyncJob): Promise<boolean> {
  const { from, to, options, world } = job
  const { source, destination } = world
  const { snapshots, bookmarks } = await source.readDataset(from, { bookmarks: true })
  await readDestination(job)
  const isResumed = await resume(job)
  const plan = await makePlan({ dataset: from, snapshots, bookmarks }, job)
  for (const note of plan.notes) world.say(note)
  const kept = destination.find(to)?.properties[FLAGS_PROPERTY]
  const flags = await fitFlags(chooseFlags(options, kept, world.warn), plan, job)
  await prepareDestination(plan, job)
  await runSteps(plan.steps, flags, job)
  if (world.transfers) await keepCommon(plan.upTo, job)
  return plan.upToDate && !isResumed
}

async function makePlan(source: SyncSource, job: SyncJob): Promise<SyncPlan> {
  const { to, options, world } = job
  const { destination } = world
  const there = destination.find(to)
  const hasChildren =
    there?.snapshots.length === 0 && (await listBelow(destination.read, to, 1)).length > 0
  try {
    return planSync({
      source,
      destination: {
        dataset: to,
        snapshots: there?.snapshots,
        modified: (there?.properties['written'] ?? '0') !== '0',
        hasChildren,
      },
      prefix: options.prefix,
      upTo: options.snapshot,
      ...options.policy,
      // serve may refuse a stream of several snapshots
      ...(destination.host.restricted ? { stream: 'each' } : {}),
    })
  } catch (error) {
    if (error instanceof SyncConflict && error.kind === 'modified') {
      await tellChanges(destination, error.common, world.warn)
    }
    throw error
  }
}

/** Print the first changed files: often only access times have changed. */
async function tellChanges(
  { read }: PoolEndpoint,
  since: LocalSnapshot | undefined,
  warn: (line: string) => void,
): Promise<void> {
  if (!since) return
  try {
    for (const line of await diffLines(read, since, 5)) {
      // tabs separate the columns and would print as \x09
      warn(line.replaceAll('\t', '  '))
    }
  } catch (error) {
    // unknown: a volume, or not mounted
    if (!(error instanceof Z3Error)) throw error
  }
}

/** Omit flags that the destination's pool does not support, with a message. */
async function fitFlags(
  asked: readonly SendFlag[],
  { steps }: SyncPlan,
  { from, to, world: { source, destination, warn } }: SyncJob,
): Promise<readonly SendFlag[]> {
  if (asked.length === 0 || steps.length === 0) return asked
  const { flags, left } = fitSendFlags(
    asked,
    await poolFeatures(source.host, from),
    await poolFeatures(destination.host, to),
  )
  if (left.length > 0) warn(describeLeftOut(left, to))
  return flags
}

/** Prepare the destination for the first stream. */
async function prepareDestination(
  { steps, rollbackFirst, rollbackTo }: SyncPlan,
  { to, options, world }: SyncJob,
): Promise<void> {
  if (steps.length === 0) return
  const { change } = world.destination
  if (!world.destination.find(to) && options.createParents) {
    if (!world.transfers) {
      world.say(`would create the missing parents of ${to}`)
    } else {
      const created = await createParents(change, to)
      for (const one of created) world.say(`created ${one}`)
    }
  }
  if (rollbackFirst && rollbackTo) await rollback(change, rollbackTo, true)
}
