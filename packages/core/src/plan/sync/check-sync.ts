import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import { formatSnapshotName } from '../../snapshot.js'
import { SyncConflict, type SyncRequest } from './sync-plan.js'

const GIVE_UP = 'give that up with --rollback'

/** Source and destination, as the checks ask for them. */
export interface SyncSides {
  readonly request: SyncRequest
  /** Of the source: what to send up to. */
  readonly upTo: LocalSnapshot
  /** Of the destination, the oldest first. */
  readonly there: readonly LocalSnapshot[]
}

/**
 * The error of a destination that has nothing to build upon.
 *
 * @returns `ahead` where it has what is newer than the wanted snapshot, else `no-common`
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
      (same.length > 0 ? `; of equal names, but other snapshots: ${listed(same)}` : ''),
    `${belowHint(request)}Send to a dataset that does not exist yet, or destroy the one at the destination by hand.`,
    request,
    undefined,
  )
}

/**
 * The original z3_ssh_sync receives P/x into T/x (recv -d): who names T has
 * perhaps meant that.
 *
 * @returns a sentence and a blank, or nothing
 */
function belowHint({ source, destination }: SyncRequest): string {
  const path = source.dataset.split('/').slice(1).join('/')
  if (path === '' || `/${destination.dataset}`.endsWith(`/${path}`)) return ''
  return `If the copy belongs below ${destination.dataset}, name ${destination.dataset}/${path} as the destination (--remote-dataset, or --dataset with --pull). `
}

/** The error of what would write over a dataset without snapshots. */
export function notEmpty({ request, upTo }: SyncSides): SyncConflict {
  const { source, destination } = request
  const special = specialOf(request)
  return new SyncConflict(
    'not-empty',
    `destination ${destination.dataset} exists${special === undefined ? '' : `, ${special},`} and has no snapshots: '${formatSnapshotName(upTo)}' of source ${source.dataset} would replace what is in it`,
    `${belowHint(request)}Send to a dataset that does not exist yet, or ${special === undefined ? GIVE_UP : 'replace it with --force-replace'}.`,
    request,
    undefined,
  )
}

/**
 * Whether a full stream may replace the dataset at the destination, which has
 * no snapshots: what nobody expects to be replaced takes a word of its own.
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
 * Check that no name is taken that is to be received. A rollback frees the
 * names that are newer than the common snapshot, and is checked for elsewhere.
 *
 * @param wanted what is to be received
 * @param kept of the destination: up to the common snapshot
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
 * Snapshots of the destination's own that are newer than the wanted snapshot, which it
 * has: they stand in the way of every later stream.
 *
 * @throws SyncConflict `diverged`, where the loss is refused
 * @returns a note; undefined: it has none
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
 * What the destination has beyond the common snapshot, and would lose.
 *
 * @param beyond of the destination: newer than the common snapshot
 * @throws SyncConflict `diverged`, `ahead`, `modified`, where something is to
 *   be lost, and that is refused
 * @returns a note; undefined: nothing is to be lost
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
        (modified ? '; and what was written after' : '')
    : `destination ${dataset} was written to since '${name}', and that will be lost`
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
      (same.length > 0
        ? `; at the source these names are of other snapshots: ${listed(same)}`
        : ''),
    `Send to another dataset, or ${GIVE_UP}.`,
    request,
    common,
  )
}

/** Guids of what the source has, or had, that is newer than the wanted snapshot. */
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
