import { loadStored, type Context } from '@z3/backup'
import { planRestore, type RestorePlan } from '@z3/core'
import type { Run } from '@z3/zfs'
import {
  checkDestination,
  checkNothingSaved,
  readDestination,
  type Destination,
} from './destination.js'
import { besideName, checkReplaceable, checkRestoreNames, keptName, planBeside } from './replace.js'
import { newestRestorable } from './wanted-snapshot.js'

/** What is restored, and where. */
export interface PlanRequest {
  readonly context: Pick<Context, 'config' | 'dataset' | 'env' | 'place' | 'say' | 'tell'>
  /** The dataset to receive into. */
  readonly into: string
  /** Undefined: the newest restorable one. */
  readonly snapshot: string | undefined
  /** Missing parents of the dataset are created. */
  readonly makesParents?: boolean | undefined
  /** Replace the dataset if it has other data. */
  readonly force: boolean
  readonly zfs: Run
  readonly signal: AbortSignal
}

/** A restore that the destination can receive. */
export interface PlannedDataset {
  readonly plan: RestorePlan
  /** The current state of the dataset. */
  readonly there: Destination
  /** The state of the dataset to receive into: another one if it will replace the first. */
  readonly receiving: Destination
  /** The name under which the replaced dataset is kept. */
  readonly kept: string | undefined
}

/**
 * Plan the restore of a dataset, and check its destination.
 *
 * @throws Z3Error of the store, of zfs, of `planRestore` and of `checkDestination`
 */
export async function planDataset(request: PlanRequest): Promise<PlannedDataset> {
  const { context, into, zfs, signal } = request
  const { dataset, env, place, say, tell } = context
  const stored = (await loadStored(place, env, signal, tell)).snapshots
  const upTo = request.snapshot ?? newestRestorable(stored, context)
  const planFor = (destination: Destination, force: boolean): RestorePlan =>
    planRestore({
      stored,
      upTo,
      dataset,
      into: destination.name,
      local: destination.snapshots,
      modified: destination.modified,
      onLoss: force ? 'replace' : 'refuse',
    })
  const there = await readDestination(zfs, into)
  // the dataset contains only the partial data of a receive, which must not be discarded without
  // asking
  if (there.snapshots?.length === 0) checkNothingSaved(there)
  const plan = planFor(there, request.force)
  for (const note of plan.notes) say(note)
  if (plan.replaces) await checkReplaceable(zfs, into)
  const kept = plan.replaces ? keptName(into, new Date()) : undefined
  checkRestoreNames({
    into,
    local: there.snapshots,
    steps: plan.steps,
    kept,
  })
  // the existing dataset stays until the new one is complete
  const receiving = plan.replaces ? await readDestination(zfs, besideName(into)) : there
  const planned = plan.replaces
    ? planBeside(receiving, upTo, (beside) => planFor(beside, false))
    : { ...plan, notes: [] }
  for (const note of planned.notes) say(note)
  await checkDestination(zfs, receiving, planned.steps, request.makesParents)
  return { plan: planned, there, receiving, kept }
}
