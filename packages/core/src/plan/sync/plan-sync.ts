import { didYouMean } from '../plan-errors.js'
import { Z3Error } from '../../errors.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import { describePrefixes } from '../../select/snapshot-prefixes.js'
import { formatSnapshotName, parseSnapshotName } from '../../snapshot.js'
import {
  checkLoss,
  checkNames,
  checkOwn,
  mayReplace,
  notEmpty,
  nothingInCommon,
  type SyncSides,
} from './check-sync.js'
import { diffVersions, toSteps, type Common } from '../diff.js'
import type { SyncPlan, SyncRequest } from './sync-plan.js'

type Changes = Omit<SyncPlan, 'upTo'>

const NO_ROLLBACK = {
  rollback: [],
  rollbackTo: undefined,
  rollbackFirst: false,
} as const

/**
 * Plan a sync of one dataset to another. Snapshots are matched by guid. With `onLoss: 'refuse'`,
 * nothing at the destination is lost.
 *
 * @throws Z3Error `no-such-snapshot`; `invalid-name` where a name would be too long at the
 *   destination
 * @throws SyncConflict if the destination cannot receive this stream or later ones
 */
export function planSync(request: SyncRequest): SyncPlan {
  const upTo = findSyncEnd(request)
  const there = request.destination.snapshots ?? []
  const sides = { request, upTo, there }
  const present = there.findLast(({ guid }) => guid === upTo.guid)
  if (present) return { upTo, ...nothingToDo(sides, present) }
  return {
    upTo,
    ...(there.length === 0 ? planFull(sides) : planIncrement(sides)),
  }
}

function nothingToDo(sides: SyncSides, present: LocalSnapshot): Changes {
  const { upTo } = sides
  const own = checkOwn(sides, present)
  const notes = own === undefined ? [] : [own]
  if (present.snapshot !== upTo.snapshot) {
    notes.unshift(
      `'${formatSnapshotName(upTo)}' is at the destination already, as '${formatSnapshotName(present)}'`,
    )
  }
  return { steps: [], notes, upToDate: true, ...NO_ROLLBACK }
}

function planFull(sides: SyncSides): Changes {
  const { request, upTo } = sides
  const { source, destination, first: begin } = request
  const overwrite = destination.snapshots !== undefined
  if (overwrite && !mayReplace(request)) throw notEmpty(sides)
  const inReach = source.snapshots.slice(0, source.snapshots.indexOf(upTo) + 1)
  const oldest = inReach.find((snapshot) => isMatching(request, snapshot))
  const first = begin === 'oldest' && oldest ? oldest : upTo
  const wanted = choose(sides, inReach.slice(inReach.indexOf(first)))
  const before = inReach.indexOf(first)
  const notes = [
    `'${formatSnapshotName(first)}' is sent in full` +
      (before > 0 ? `, without the ${snapshotsBefore(before)} it` : ''),
  ]
  if (overwrite) {
    notes.unshift(
      `destination ${destination.dataset} exists and has no snapshots; its contents will be lost`,
    )
  }
  return {
    steps: stepsOf(request, undefined, wanted, overwrite),
    notes,
    upToDate: false,
    ...NO_ROLLBACK,
  }
}

function planIncrement(sides: SyncSides): Changes {
  const { request, upTo, there } = sides
  const { common, missing, beyond } = diffVersions(request.source, there, { upTo })
  if (!common) throw nothingInCommon(sides)
  const wanted = choose(sides, missing)
  // first, since a rollback does not help
  checkNames(sides, common.target, wanted, there.slice(0, there.length - beyond.length))
  const loss = checkLoss(sides, common.target, beyond)
  const names = new Set(wanted.map(({ snapshot }) => snapshot))
  return {
    steps: stepsOf(request, common, wanted),
    notes: loss === undefined ? [] : [loss],
    upToDate: false,
    rollback: beyond,
    rollbackTo: loss === undefined ? undefined : common.target,
    rollbackFirst: beyond.some(({ snapshot }) => names.has(snapshot)),
  }
}

/**
 * The streams to receive.
 *
 * @param overwrite force the full stream into the existing dataset
 * @throws Z3Error `invalid-name` where a name would be too long there
 */
function stepsOf(
  { destination: { dataset }, versions, stream, onLoss }: SyncRequest,
  common: Common<LocalSnapshot> | undefined,
  wanted: readonly LocalSnapshot[],
  overwrite = false,
): SyncPlan['steps'] {
  // snapshots in between are received too
  for (const { snapshot } of wanted) parseSnapshotName(`${dataset}@${snapshot}`)
  return toSteps({
    dataset,
    common,
    wanted,
    // zfs send -I includes all in between
    streams: versions === 'matching' ? 'each' : stream,
    // An increment is forced on request: reading files of the snapshot before may have changed the
    // dataset.
    force: { full: overwrite, incremental: onLoss !== 'refuse' },
  })
}

/** The snapshots to receive. */
function choose(
  { request, upTo }: SyncSides,
  candidates: readonly LocalSnapshot[],
): readonly LocalSnapshot[] {
  return request.versions === 'matching'
    ? candidates.filter((snapshot) => snapshot === upTo || isMatching(request, snapshot))
    : candidates
}

function isMatching({ prefix }: SyncRequest, { snapshot }: LocalSnapshot): boolean {
  return snapshot.startsWith(prefix)
}

function snapshotsBefore(count: number): string {
  return count === 1 ? 'snapshot before' : `${String(count)} snapshots before`
}

/**
 * The last snapshot to send: the named one, else the newest that matches.
 *
 * @throws Z3Error `no-such-snapshot`
 */
export function findSyncEnd({
  source,
  prefix,
  upTo,
}: Pick<SyncRequest, 'source' | 'prefix' | 'upTo'>): LocalSnapshot {
  const { dataset, snapshots } = source
  if (upTo !== undefined) {
    const found = snapshots.find(({ snapshot }) => snapshot === upTo)
    if (found) return found
    const wanted = { dataset, snapshot: upTo }
    throw new Z3Error(
      'no-such-snapshot',
      `no such snapshot "${formatSnapshotName(wanted)}" at the source`,
      {
        hint: didYouMean(wanted, snapshots) ?? `Source ${dataset} has no snapshots.`,
      },
    )
  }
  const newest = snapshots.findLast(({ snapshot }) => snapshot.startsWith(prefix))
  if (newest) return newest
  throw new Z3Error(
    'no-such-snapshot',
    `no snapshots exist at source ${dataset} with SNAPSHOT_PREFIX="${prefix}"`,
    {
      hint:
        describePrefixes(
          dataset,
          snapshots.map(({ snapshot }) => snapshot),
        ) ?? 'Take a snapshot first.',
    },
  )
}
