import {
  checkLoss,
  checkNames,
  checkOwn,
  mayReplace,
  notEmpty,
  nothingInCommon,
  type SyncSides,
} from './check-sync.js'
import { findSyncBase } from './find-sync-base.js'
import { findSyncTarget } from './find-sync-target.js'
import type { LocalSnapshot } from './versions/local-snapshot.js'
import { formatSnapshotName } from './snapshot.js'
import type { SyncPlan, SyncRequest } from './sync-plan.js'
import { syncSteps } from './sync-steps.js'

type Untargeted = Omit<SyncPlan, 'target'>

const NO_ROLLBACK = {
  rollback: [],
  rollbackTo: undefined,
  rollbackFirst: false,
} as const

/**
 * Decide what is sent from one dataset to another. Snapshots are told by their
 * guids; what the destination has is not given up without `rollback`.
 *
 * @throws Z3Error `no-such-snapshot`; `invalid-name` where a name would be too
 *   long at the destination
 * @throws SyncConflict where the destination cannot take it, or will not take
 *   what comes next
 */
export function planSync(request: SyncRequest): SyncPlan {
  const target = findSyncTarget(request)
  const there = request.destination.snapshots ?? []
  const sides = { request, target, there }
  const byGuid = new Map(there.map((snapshot) => [snapshot.guid, snapshot]))
  const present = byGuid.get(target.guid)
  if (present) return { target, ...nothingToDo(sides, present) }
  return {
    target,
    ...(there.length === 0 ? planFull(sides) : planIncrement(sides, byGuid)),
  }
}

function nothingToDo(sides: SyncSides, present: LocalSnapshot): Untargeted {
  const { target } = sides
  const own = checkOwn(sides, present)
  const notes = own === undefined ? [] : [own]
  if (present.snapshot !== target.snapshot) {
    notes.unshift(
      `'${formatSnapshotName(target)}' is at the destination already, as '${formatSnapshotName(present)}'`,
    )
  }
  return { steps: [], notes, upToDate: true, ...NO_ROLLBACK }
}

function planFull(sides: SyncSides): Untargeted {
  const { request, target } = sides
  const { source, destination, history } = request
  const overwrite = destination.snapshots !== undefined
  if (overwrite && !mayReplace(request)) throw notEmpty(sides)
  const upTo = source.snapshots.slice(0, source.snapshots.indexOf(target) + 1)
  const oldest = upTo.find((snapshot) => isMatching(request, snapshot))
  const first = history && oldest ? oldest : target
  const wanted = choose(sides, upTo.slice(upTo.indexOf(first)))
  const before = upTo.indexOf(first)
  const notes = [
    `'${formatSnapshotName(first)}' is sent in full` +
      (before > 0 ? `, without the ${snapshotsBefore(before)} it` : ''),
  ]
  if (overwrite) {
    notes.unshift(
      `destination ${destination.dataset} exists and has no snapshots; what is in it will be lost`,
    )
  }
  return {
    steps: syncSteps(request, undefined, wanted, overwrite),
    notes,
    upToDate: false,
    ...NO_ROLLBACK,
  }
}

function planIncrement(sides: SyncSides, byGuid: ReadonlyMap<string, LocalSnapshot>): Untargeted {
  const { request, target, there } = sides
  const { source } = request
  const common = findSyncBase(source, target, byGuid)
  if (!common) throw nothingInCommon(sides)
  const upTo = source.snapshots.slice(0, source.snapshots.indexOf(target) + 1)
  const wanted = choose(
    sides,
    upTo.filter(({ createtxg }) => BigInt(createtxg) > common.createtxg),
  )
  const end = there.indexOf(common.there) + 1
  const beyond = there.slice(end)
  // first, for no rollback helps
  checkNames(sides, common, wanted, there.slice(0, end))
  const loss = checkLoss(sides, common, beyond)
  const names = new Set(wanted.map(({ snapshot }) => snapshot))
  return {
    steps: syncSteps(request, common.base, wanted),
    notes: loss === undefined ? [] : [loss],
    upToDate: false,
    rollback: beyond,
    rollbackTo: loss === undefined ? undefined : common.there,
    rollbackFirst: beyond.some(({ snapshot }) => names.has(snapshot)),
  }
}

/** Those that are to be received, of those that could be. */
function choose(
  { request, target }: SyncSides,
  candidates: readonly LocalSnapshot[],
): readonly LocalSnapshot[] {
  return request.onlyMatching
    ? candidates.filter((snapshot) => snapshot === target || isMatching(request, snapshot))
    : candidates
}

function isMatching({ prefix }: SyncRequest, { snapshot }: LocalSnapshot): boolean {
  return snapshot.startsWith(prefix)
}

function snapshotsBefore(count: number): string {
  return count === 1 ? 'snapshot before' : `${String(count)} snapshots before`
}
