import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import { formatSnapshotName } from '../../snapshot.js'
import { SyncConflict, type SyncRequest } from './sync-plan.js'

const GIVE_UP = 'discard these changes with --rollback'

/** Source and destination of a check. */
export interface SyncSides {
  readonly request: SyncRequest
  /** The last snapshot to send, at the source. */
  readonly upTo: LocalSnapshot
  /** Of the destination, the oldest first. */
  readonly there: readonly LocalSnapshot[]
}

/**
 * The error for a destination without a common snapshot.
 *
 * @returns `ahead` if it has snapshots newer than the wanted one, else `no-common`
 */
export function nothingInCommon(sides: SyncSides): SyncConflict {
  const { request, upTo, there } = sides
  const { source, destination } = request
  const newer = newerAtSource(sides)
  const ahead = there.filter(({ guid }) => newer.has(guid))
  const name = formatSnapshotName(upTo)
  if (ahead.length > 0) {
    return new SyncConflict(
      'ahead',
      `destination ${destination.dataset} is ahead of '${name}' of source ${source.dataset}, with nothing in common up to it: ${newerSnapshots(ahead)} there: ${listed(ahead)}`,
      'Send a newer snapshot.',
      request,
      undefined,
    )
  }
  const same = namesakes(request, there)
  const newest = there.at(-1)
  return new SyncConflict(
    'no-common',
    `destination ${destination.dataset} has no snapshot in common with source ${source.dataset}` +
      (newest ? `; its newest is '${formatSnapshotName(newest)}'` : '') +
      (same.length > 0 ? `; other snapshots with the same names: ${listed(same)}` : ''),
    `${belowHint(request)}Send to a dataset that does not exist yet, or destroy the one at the destination by hand.`,
    request,
    undefined,
  )
}

/**
 * The original z3_ssh_sync receives P/x into T/x (recv -d). A user who names T may expect that.
 *
 * @returns a sentence and a space, or an empty text
 */
function belowHint({ source, destination }: SyncRequest): string {
  const path = source.dataset.split('/').slice(1).join('/')
  if (path === '' || `/${destination.dataset}`.endsWith(`/${path}`)) return ''
  return `If the copy belongs below ${destination.dataset}, name ${destination.dataset}/${path} as the destination (--remote-dataset, or --dataset with --pull). `
}

/** The error for a full stream into a dataset without snapshots. */
export function notEmpty({ request, upTo }: SyncSides): SyncConflict {
  const { source, destination } = request
  const special = specialOf(request)
  return new SyncConflict(
    'not-empty',
    `destination ${destination.dataset} exists${special === undefined ? '' : `, ${special},`} and has no snapshots: '${formatSnapshotName(upTo)}' of source ${source.dataset} would replace its contents`,
    `${belowHint(request)}Send to a dataset that does not exist yet, or ${special === undefined ? GIVE_UP : 'replace it with --force-replace'}.`,
    request,
    undefined,
  )
}

/**
 * Whether a full stream may replace the dataset at the destination, which has no snapshots. Pools
 * and datasets with children require an option of their own.
 */
export function mayReplace(request: SyncRequest): boolean {
  const { onLoss } = request
  return onLoss === 'replace' || (onLoss !== 'refuse' && specialOf(request) === undefined)
}

function specialOf({ destination }: SyncRequest): string | undefined {
  if (!destination.dataset.includes('/')) return 'is the root of its pool'
  return destination.hasChildren === true ? 'has datasets below it' : undefined
}

/**
 * Check that the names to receive do not exist. Names newer than the common snapshot are freed by a
 * rollback, which is checked elsewhere.
 *
 * @param wanted snapshots to receive
 * @param kept snapshots of the destination up to the common one
 * @throws SyncConflict `name-reused`
 */
export function checkNames(
  { request }: SyncSides,
  common: LocalSnapshot,
  wanted: readonly LocalSnapshot[],
  kept: readonly LocalSnapshot[],
): void {
  const taken = byName(kept)
  for (const snapshot of wanted) {
    const other = taken.get(snapshot.snapshot)
    if (!other) continue
    throw new SyncConflict(
      'name-reused',
      `'${formatSnapshotName(other)}' of the destination is another snapshot than '${formatSnapshotName(snapshot)}' of the source: guid ${other.guid} there, ${snapshot.guid} at the source; the newest in common is '${formatSnapshotName(common)}'`,
      'Rename or destroy one of the two.',
      request,
      common,
    )
  }
}

/**
 * Check for own snapshots of the destination that are newer than the wanted one, which it has. They
 * block every later stream.
 *
 * @throws SyncConflict `diverged` if the loss is refused
 * @returns a note; undefined: none
 */
export function checkOwn(sides: SyncSides, present: LocalSnapshot): string | undefined {
  const { request, there } = sides
  const { snapshots, bookmarks } = request.source
  const known = new Set([...snapshots, ...bookmarks].map(({ guid }) => guid))
  const own = there.slice(there.indexOf(present) + 1).filter(({ guid }) => !known.has(guid))
  if (own.length === 0) return undefined
  if (request.onLoss === 'refuse') throw lossConflict(sides, present, own)
  return `destination ${request.destination.dataset}: ${newerSnapshots(own)} than '${formatSnapshotName(present)}' will be lost with the next stream: ${listed(own)}`
}

/**
 * Check what the destination would lose: changes after the common snapshot.
 *
 * @param beyond snapshots of the destination newer than the common one
 * @throws SyncConflict `diverged`, `ahead`, `modified` if a loss is refused
 * @returns a note; undefined: no loss
 */
export function checkLoss(
  sides: SyncSides,
  common: LocalSnapshot,
  beyond: readonly LocalSnapshot[],
): string | undefined {
  const { request } = sides
  const { dataset, modified } = request.destination
  const name = formatSnapshotName(common)
  if (beyond.length === 0 && !modified) return undefined
  if (request.onLoss === 'refuse') throw lossConflict(sides, common, beyond)
  return beyond.length > 0
    ? `destination ${dataset}: ${newerSnapshots(beyond)} than '${name}' will be lost: ${listed(beyond)}` +
        (modified ? '; and all later changes' : '')
    : `destination ${dataset} was written to since '${name}'; these changes will be lost`
}

function lossConflict(
  sides: SyncSides,
  common: LocalSnapshot,
  beyond: readonly LocalSnapshot[],
): SyncConflict {
  const { request, upTo } = sides
  const { source, destination } = request
  const name = formatSnapshotName(common)
  const both = `'${name}', the newest that it has in common with source ${source.dataset}`
  if (beyond.length === 0) {
    return new SyncConflict(
      'modified',
      `destination ${destination.dataset} was written to since ${both}`,
      `Take a snapshot there and save it elsewhere, or ${GIVE_UP}.`,
      request,
      common,
    )
  }
  const newer = newerAtSource(sides)
  const what = `${newerSnapshots(beyond)} there: ${listed(beyond)}`
  if (beyond.some(({ guid }) => newer.has(guid))) {
    return new SyncConflict(
      'ahead',
      `destination ${destination.dataset} is ahead of '${formatSnapshotName(upTo)}', and builds on ${both} up to that: ${what}`,
      `Send a newer snapshot, or ${GIVE_UP}.`,
      request,
      common,
    )
  }
  const same = namesakes(request, beyond)
  return new SyncConflict(
    'diverged',
    `destination ${destination.dataset} has diverged since ${both}: ${what}` +
      (same.length > 0 ? `; at the source, other snapshots have these names: ${listed(same)}` : ''),
    `Send to another dataset, or ${GIVE_UP}.`,
    request,
    common,
  )
}

/** Guids of snapshots and bookmarks of the source newer than the wanted snapshot. */
function newerAtSource({ request, upTo }: SyncSides): ReadonlySet<string> {
  const { snapshots, bookmarks } = request.source
  const limit = BigInt(upTo.createtxg)
  return new Set(
    [...snapshots, ...bookmarks]
      .filter(({ createtxg }) => BigInt(createtxg) > limit)
      .map(({ guid }) => guid),
  )
}

function namesakes(
  { source }: SyncRequest,
  there: readonly LocalSnapshot[],
): readonly LocalSnapshot[] {
  const names = byName(source.snapshots)
  return there.filter(({ snapshot }) => names.has(snapshot))
}

function byName(snapshots: readonly LocalSnapshot[]): ReadonlyMap<string, LocalSnapshot> {
  return new Map(snapshots.map((snapshot) => [snapshot.snapshot, snapshot]))
}

function newerSnapshots({ length }: readonly LocalSnapshot[]): string {
  return length === 1 ? '1 newer snapshot' : `${String(length)} newer snapshots`
}

function listed(snapshots: readonly LocalSnapshot[]): string {
  const first = snapshots.slice(0, 3).map(({ snapshot }) => `@${snapshot}`)
  return `${first.join(', ')}${snapshots.length > 3 ? ', …' : ''}`
}
