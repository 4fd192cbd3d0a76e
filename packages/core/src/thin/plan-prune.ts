import { formatSnapshotName } from '../snapshot.js'
import { checkHealth, foldChains, storedByName, type Health } from '../versions/chain.js'
import { inTimeOrder, newestHealthy } from '../versions/order.js'
import { ownName, type StoredSnapshot } from '../versions/stored-snapshot.js'
import { earlyDeletion, type EarlyDeletion } from './early-deletion.js'
import type { Schedule } from './schedule.js'
import { explainThin, type KeepReason } from './thin.js'

/** Why an object is kept. */
export type PruneReason =
  | KeepReason
  /** It is the newest snapshot that can be restored. */
  | { readonly kind: 'newest' }
  /** A snapshot that is kept builds on it, directly or not. */
  | { readonly kind: 'parent'; readonly of: string }
  /** Its name does not start with the snapshot prefix. */
  | { readonly kind: 'name' }
  /** Its metadata or chain has an error, or its age is unknown. */
  | { readonly kind: 'not understood'; readonly why: string }
  /** Its minimum storage duration is not over, and the caller waits for that. */
  | { readonly kind: 'minimum' }

/** One object and the decision for it. */
export interface PruneEntry {
  readonly object: StoredSnapshot
  /** Why it is kept; empty: it is deleted. */
  readonly reasons: readonly PruneReason[]
  /** The charge for an early deletion. */
  readonly early: EarlyDeletion | undefined
  /** Index among all objects of the dataset, the oldest first. */
  readonly place: number
  /** Number of objects before it in its chain. Deletion starts with the largest. */
  readonly depth: number
}

export interface PruneRequest {
  /** All of a dataset. */
  readonly stored: readonly StoredSnapshot[]
  readonly schedule: Schedule
  /** SNAPSHOT_PREFIX: only what begins with it is pruned. */
  readonly prefix: string
  /** Of those, only these: asked of what follows the `@`; undefined: all. */
  readonly only?: ((snapshot: string) => boolean) | undefined
  /** Epoch seconds. */
  readonly now: number
  /** Keep objects until the minimum storage duration of their class is over. */
  readonly respectMinimum: boolean
}

/** The decisions for all objects of a dataset, the oldest first. */
export interface PrunePlan {
  readonly keep: readonly PruneEntry[]
  readonly delete: readonly PruneEntry[]
}

/**
 * Plan which objects of a dataset a schedule deletes, by the rules of `explainThin`. Only healthy
 * snapshots compete for the blocks of the schedule, so an unhealthy one never displaces one that
 * can be restored. Always kept: the newest healthy snapshot, all ancestors of kept objects, and
 * objects that are not understood or have another prefix. If a snapshot is stored twice, both
 * objects are kept or deleted together.
 */
export function planPrune(request: PruneRequest): PrunePlan {
  const { stored, now, respectMinimum } = request
  const byName = storedByName(stored)
  const reasons = ownReasons(request, checkHealth(stored))
  const early = new Map(stored.map((object) => [object, earlyDeletion(object, now)]))
  const isKept = (object: StoredSnapshot): boolean => (reasons.get(object)?.length ?? 0) > 0
  for (const object of stored) {
    if (!respectMinimum || isKept(object) || !early.get(object)) continue
    reasons.set(object, [{ kind: 'minimum' }])
  }
  const ordered = inTimeOrder(stored.map((object) => ({ stored: object, local: undefined })))
  // the newest first: the reason of a parent names its nearest descendant
  const young = ordered.map((row) => row.stored).reverse()
  for (const object of young.filter(isKept)) {
    const reason = { kind: 'parent' as const, of: formatSnapshotName(object) }
    let parent = byName.get(object.parent ?? '')
    // an object that is kept already has its own iteration
    while (parent && !isKept(parent)) {
      reasons.set(parent, [reason])
      parent = byName.get(parent.parent ?? '')
    }
  }
  const depths = foldChains(
    stored,
    ({ parent }) => parent,
    (_, parent) => (parent ? parent.value + 1 : 0),
    0,
  )
  const entries = young.reverse().map((object, place): PruneEntry => ({
    object,
    place,
    reasons: reasons.get(object) ?? [],
    early: early.get(object),
    depth: depths.get(formatSnapshotName(object)) ?? 0,
  }))
  return {
    keep: entries.filter((entry) => entry.reasons.length > 0),
    delete: entries.filter((entry) => entry.reasons.length === 0),
  }
}

/** The reasons of each object, without its descendants. */
function ownReasons(
  { stored, schedule, prefix, only, now }: PruneRequest,
  health: ReadonlyMap<string, Health>,
): Map<StoredSnapshot, readonly PruneReason[]> {
  const reasons = new Map<StoredSnapshot, readonly PruneReason[]>()
  const candidates: StoredSnapshot[] = []
  const isPruned = (name: string): boolean => name.startsWith(prefix) && (only?.(name) ?? true)
  for (const object of stored) {
    const state = health.get(formatSnapshotName(object)) ?? 'bad metadata'
    const why =
      object.problem ??
      (state === 'ok' ? undefined : state) ??
      (creation(object) === undefined ? 'its age is not known' : undefined)
    if (why !== undefined) reasons.set(object, [{ kind: 'not understood', why }])
    else if (!isPruned(ownName(object))) reasons.set(object, [{ kind: 'name' }])
    else candidates.push(object)
  }
  const units = snapshotsOf(candidates)
  const newest = [newestHealthy(stored, health), units.at(-1)?.objects.at(-1)]
  for (const { snapshot, reasons: found } of explainThin(units, schedule, now)) {
    const { objects } = snapshot
    const isNewest = objects.some((object) => newest.includes(object))
    const all: readonly PruneReason[] = isNewest ? [...found, { kind: 'newest' }] : found
    for (const object of objects) reasons.set(object, all)
  }
  return reasons
}

/** A snapshot, and its objects: the full twin beside an increment. */
interface Unit {
  readonly created: number
  readonly objects: readonly StoredSnapshot[]
}

/** The oldest first. */
function snapshotsOf(objects: readonly StoredSnapshot[]): readonly Unit[] {
  const rows = inTimeOrder(objects.map((object) => ({ stored: object, local: undefined })))
  const units = new Map<string, StoredSnapshot[]>()
  for (const { stored } of rows) {
    const name = ownName(stored)
    units.set(name, [...(units.get(name) ?? []), stored])
  }
  return [...units.values()].map((all) => ({
    created: all.map(creation).find((time) => time !== undefined) ?? 0,
    objects: all,
  }))
}

/** The creation of the snapshot; for an object of the original z3, the upload. */
function creation({ created, uploaded }: StoredSnapshot): number | undefined {
  return created ?? uploaded
}
