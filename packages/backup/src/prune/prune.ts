import {
  checkPrune,
  formatSnapshotName,
  planPrune,
  storedByName,
  Z3Error,
  type PruneEntry,
  type PruneGuards,
  type PrunePlan,
  type PruneRequest,
} from '@z3/core'
import { untilAborted } from '@z3/cli'
import type { ObjectStore } from '@z3/s3'
import pMap from 'p-map'
import { notStored } from '../store/list-datasets.js'
import { loadStored } from '../store/load-stored.js'
import type { StoredPlace } from '../store/stored-place.js'
import { listBeside, type ListedBeside } from '../store/list-beside.js'
import { forgetRecords } from '../store/verify-records.js'
import { deleteObject, findObject, type Outcome } from './delete-object.js'
import { withLease } from './lease.js'

/** Objects of one depth that are deleted at once. */
const AT_ONCE = 8

/** The clocks of a host and of a store may differ by so much, milliseconds. */
const TOLERANCE = 3_600_000

export interface PruneOptions
  extends
    Pick<PruneRequest, 'schedule' | 'prefix' | 'only' | 'respectMinimum'>,
    Pick<PruneGuards, 'maxPercent' | 'force'> {
  /** Only plan, and check with HEAD requests what can be deleted. */
  readonly dryRun: boolean
  /** In a bucket with versioning, delete versions for good, instead of hiding them. */
  readonly versions: boolean
  /** Take no lease: no other host backs up or prunes meanwhile, as the caller knows. */
  readonly unlocked: boolean
  /** For the caches of this host. */
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Told what `--verbose` shows. */
  readonly tell: (line: string) => void
  /** Told of the plan before anything is deleted. */
  readonly onPlan?: (plan: PrunePlan) => void
  /** Told of every object as it is done. */
  readonly onDone?: (entry: PruneEntry, outcome: Outcome) => void
}

/** What was kept and deleted of one dataset. */
export interface Pruned extends PrunePlan {
  readonly dataset: string
  /** Of those of `delete` that were tried. */
  readonly outcomes: ReadonlyMap<PruneEntry, Outcome>
  /** Keys of the dataset that name no snapshot. */
  readonly foreign: readonly string[]
  /** Objects that are gone, whose manifests and records go, too: `dataset@snapshot`. */
  readonly leftOver: readonly string[]
  /** Why nothing was deleted, or not all: the plan is not to be trusted. */
  readonly problem: Z3Error | undefined
}

/**
 * Delete the objects of a dataset that a schedule does not keep: children before parents, so
 * that a run that breaks off leaves every chain whole; an object before its manifest and records, so
 * that no object loses its checksums.
 *
 * @throws Z3Error of the store; `no-such-dataset`; those of `withLease`
 */
export async function prune(place: StoredPlace, options: PruneOptions): Promise<Pruned> {
  const { dryRun, unlocked, signal, tell } = options
  if (dryRun || unlocked) return planAndApply(place, options, () => Promise.resolve())
  return withLease(place, signal, tell, (lease) =>
    planAndApply(place, options, () => lease.check()),
  )
}

/** @param check whether this run may still delete; called before each deletion */
async function planAndApply(
  place: StoredPlace,
  options: PruneOptions,
  check: () => Promise<void>,
): Promise<Pruned> {
  const { store, prefix, dataset } = place
  const { signal, env, tell, now } = options
  const beside = await listBeside(place, signal)
  const { snapshots: stored, foreign, vanished } = await loadStored(place, env, signal, tell)
  if (stored.length + beside.size === 0) {
    throw notStored(dataset, store, prefix)
  }
  const seconds = now() / 1000
  const plan = planPrune({ ...options, stored, now: seconds })
  const byName = storedByName(stored)
  const pruned = {
    ...plan,
    dataset,
    foreign,
    leftOver: [...beside.keys()].filter((name) => !byName.has(name)),
    outcomes: new Map<PruneEntry, Outcome>(),
    problem: undefined,
  }
  try {
    if (plan.delete.length > 0 && !options.force) checkClock(now(), store.now().getTime())
    checkPrune(plan, stored, { ...options, now: seconds })
    await checkGone(store, vanished, signal)
  } catch (error) {
    if (error instanceof Z3Error) return { ...pruned, problem: error }
    throw error
  }
  options.onPlan?.(plan)
  const problem = await apply(place, { ...options, check }, plan, beside, pruned.outcomes)
  if (options.dryRun) return { ...pruned, problem }
  for (const name of pruned.leftOver) {
    const found = await findObject(store, `${prefix}${name}`, signal)
    if (!found) await deleteBeside(store, beside, name, signal)
  }
  return { ...pruned, problem }
}

/** A listed object that HEAD does not find may still exist, and its parent is unknown. */
async function checkGone(
  store: ObjectStore,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const wanted of keys) {
    for await (const { key } of untilAborted(signal, store.list(wanted, signal))) {
      // in the order of keys: the key itself is the first that begins with it
      if (key !== wanted) break
      throw new Z3Error(
        'broken-chain',
        `'${wanted}' is listed, but the server does not find it: nothing is deleted`,
        { hint: 'Wait until the server has all of its data, then retry.' },
      )
    }
  }
}

function checkClock(here: number, there: number): void {
  if (Math.abs(here - there) <= TOLERANCE) return
  const hours = ((here - there) / 3_600_000).toFixed(1)
  throw new Z3Error('clock-skew', `the clock of this host differs by ${hours} h from the store's`, {
    hint: 'Set the clock (timedatectl, chronyc makestep); if it is right, add --force.',
  })
}

/** @returns why the rest was left, if it was */
async function apply(
  place: StoredPlace,
  options: PruneOptions & { readonly check: () => Promise<void> },
  plan: PrunePlan,
  beside: ListedBeside,
  outcomes: Map<PruneEntry, Outcome>,
): Promise<Z3Error | undefined> {
  const { store } = place
  const { signal } = options
  const needed = new Set<string>()
  const deleted: string[] = []
  const failures: unknown[] = []
  let replaced: Z3Error | undefined
  const remove = async (entry: PruneEntry): Promise<void> => {
    const { object } = entry
    const name = formatSnapshotName(object)
    if (!needed.has(name)) await options.check()
    const outcome: Outcome = needed.has(name)
      ? { result: 'needed' }
      : await deleteObject(store, object, options, signal)
    outcomes.set(entry, outcome)
    options.onDone?.(entry, outcome)
    const isGone = outcome.result === 'deleted' || outcome.result === 'gone'
    if (isGone) deleted.push(object.key)
    else if (outcome.result !== 'planned' && object.parent !== undefined) needed.add(object.parent)
    // the new object may have another parent: what else it needs is not known
    if (outcome.result === 'changed') replaced = outcome.problem
    if (isGone && !options.dryRun) await deleteBeside(store, beside, name, signal)
  }
  for (const wave of wavesOf(plan.delete)) {
    if (replaced || failures.length > 0) break
    await pMap(
      wave,
      async (entry) => {
        if (signal.aborted || failures.length > 0) return
        await remove(entry).catch((error: unknown) => failures.push(error))
      },
      { concurrency: AT_ONCE },
    )
  }
  if (options.dryRun) return replaced
  await forgetRecords(options.env, place, deleted).catch((error: unknown) => {
    options.tell(`what was verified is not forgotten: ${String(error)}`)
  })
  signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
  return replaced
}

/** Delete what stands beside an object that is gone. */
async function deleteBeside(
  store: ObjectStore,
  beside: ListedBeside,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  for (const key of beside.get(name)?.keys ?? []) await store.delete(key, signal)
}

/** Objects of one depth do not build on each other; the deepest first. */
function wavesOf(entries: readonly PruneEntry[]): readonly (readonly PruneEntry[])[] {
  const waves = new Map<number, PruneEntry[]>()
  for (const entry of entries) {
    waves.set(entry.depth, [...(waves.get(entry.depth) ?? []), entry])
  }
  return [...waves].sort(([a], [b]) => b - a).map(([, wave]) => wave)
}
