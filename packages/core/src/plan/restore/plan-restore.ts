import { Z3Error } from '../../errors.js'
import { formatSnapshotName, parseSnapshotName } from '../../snapshot.js'
import { checkHealth, storedByName } from '../../versions/chain.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import { newestHealthy, inTimeOrder } from '../../versions/order.js'
import { ownName, type StoredSnapshot } from '../../versions/stored-snapshot.js'
import { linkRestore, type RestoreLinks } from './link-restore.js'
import { didYouMean, snapshotConflict } from '../plan-errors.js'
import type { RestorePlan, RestoreRequest } from './restore-plan.js'

/**
 * Plan a restore: receive the chain of the wanted snapshot, starting after its newest local
 * snapshot. `onLoss: 'refuse'` loses no local data.
 *
 * @throws Z3Error `no-such-snapshot`, `broken-chain`, `snapshot-conflict`, `dataset-exists`,
 *   `destination-modified`; `invalid-name` where a name would be too long below `into`
 */
export function planRestore(request: RestoreRequest): RestorePlan {
  const { into, local } = request
  const { upTo, links } = chooseLinks(request)
  const { base, objects } = links
  if (base && objects.length === 0) {
    checkPresent(request, upTo, base)
    return { steps: [], notes: [presentNote(request, base)], replaces: false }
  }
  const loss = base ? checkBase(request, links, base) : checkDataset(request, upTo)
  const replaces = !base && local !== undefined && local.length > 0
  return {
    steps: objects.map((object) => ({
      object,
      name: receivedName(into, object),
      force: isForced(request, object, replaces),
    })),
    notes: loss === undefined ? [] : [loss],
    replaces,
    ...(base && { base }),
  }
}

/** The wanted snapshot and its chain. */
interface Way {
  readonly upTo: StoredSnapshot
  readonly links: RestoreLinks
}

// An increment of a local snapshot is the smallest. Without one, or if its chain is broken, the
// full twin is used.
function chooseLinks(request: RestoreRequest): Way {
  const { stored, local = [], upTo } = request
  const byName = storedByName(stored)
  const wayTo = (object: StoredSnapshot): Way => ({
    upTo: object,
    links: linkRestore(object, byName, local, wayOut(request)),
  })
  const twin = stored.find(({ twinOf }) => twinOf === upTo)
  if (!twin || twin.problem !== undefined) return wayTo(findEnd(request))
  const named = stored.find(({ snapshot }) => snapshot === upTo)
  if (!named) return wayTo(twin)
  try {
    const way = wayTo(named)
    return way.links.base ? way : wayTo(twin)
  } catch (error) {
    if (error instanceof Z3Error && error.code === 'broken-chain') {
      return wayTo(twin)
    }
    throw error
  }
}

/** The snapshot exists locally. Going back to it is a rollback, not a receive. */
function presentNote({ into, local = [], modified }: RestoreRequest, base: LocalSnapshot): string {
  const name = formatSnapshotName(base)
  const note = `'${name}' is here already: nothing to receive`
  const newer = local.slice(local.indexOf(base) + 1)
  if (newer.length === 0 && !modified) return note
  const has =
    newer.length === 0
      ? `${into} was changed since`
      : `${into} has ${counted(newer)} newer than it (${listed(newer)})`
  return `${note}; ${has}, which 'zfs rollback${newer.length > 0 ? ' -r' : ''} ${name}' would destroy to go back to it`
}

function findEnd({ stored, dataset, upTo }: RestoreRequest): StoredSnapshot {
  const wanted = { dataset, snapshot: upTo }
  const name = formatSnapshotName(wanted)
  const found = stored.find((object) => formatSnapshotName(object) === name)
  if (found) return found
  const rows = stored.map((object) => ({ stored: object, local: undefined }))
  const candidates = inTimeOrder(rows).map((row) => row.stored)
  // z3's words
  throw new Z3Error('no-such-snapshot', `no such snapshot "${name}"`, {
    hint: didYouMean(wanted, candidates) ?? `The store has no snapshot of ${dataset}.`,
  })
}

function wayOut({ stored, dataset }: RestoreRequest): string {
  const newest = newestHealthy(stored, checkHealth(stored))
  return newest
    ? `The newest that can be restored is '${formatSnapshotName(newest)}'.`
    : `No snapshot of ${dataset} in the store can be restored.`
}

// In the dataset that was backed up, the name is enough, as in z3. Other datasets have other
// snapshots of the same names.
function checkPresent(
  { dataset, into }: RestoreRequest,
  upTo: StoredSnapshot,
  present: LocalSnapshot,
): void {
  if (upTo.guid !== undefined || into === dataset) return
  throw conflict(present, upTo)
}

function conflict(here: LocalSnapshot, there: StoredSnapshot): Z3Error {
  return snapshotConflict(
    formatSnapshotName(here),
    here.guid,
    there.guid,
    'Rename or destroy the local snapshot, or restore into another dataset with --into.',
  )
}

/** @throws Z3Error `invalid-name` */
function receivedName(into: string, object: StoredSnapshot): string {
  return formatSnapshotName(parseSnapshotName(`${into}@${ownName(object)}`))
}

// A full stream is forced if the dataset exists without snapshots. An increment is forced on
// request, as in z3: reading files of the snapshot before may have changed the dataset.
function isForced(
  { local, onLoss }: RestoreRequest,
  object: StoredSnapshot,
  replaces: boolean,
): boolean {
  const force = onLoss !== 'refuse'
  if (object.parent !== undefined) return force
  return force && local !== undefined && !replaces
}

/** @returns what is lost if forced */
function checkBase(
  request: RestoreRequest,
  { objects }: RestoreLinks,
  base: LocalSnapshot,
): string | undefined {
  const { into, local = [], modified, onLoss } = request
  const force = onLoss !== 'refuse'
  checkNames(objects, local)
  const newer = local.slice(local.indexOf(base) + 1)
  if (newer.length === 0 && !modified) return undefined
  const name = formatSnapshotName(base)
  const lost = force ? 'will be lost' : 'would be lost'
  const loss =
    newer.length > 0
      ? `${into}: ${counted(newer)} newer than '${name}' ${lost}: ${listed(newer)}`
      : `${into} was changed since '${name}'; these changes ${lost}`
  if (force) return loss
  throw new Z3Error('destination-modified', loss, {
    hint: 'Restore into another dataset with --into, or discard the changes with --force.',
  })
}

// zfs never receives under an existing name, forced or not: recv_begin_check_existing_impl answers
// EEXIST before anything is rolled back.
function checkNames(objects: readonly StoredSnapshot[], local: readonly LocalSnapshot[]): void {
  const taken = new Map(local.map((snapshot) => [snapshot.snapshot, snapshot]))
  for (const object of objects) {
    const other = taken.get(ownName(object))
    if (other) throw conflict(other, object)
  }
}

/** @returns what is lost if forced */
function checkDataset(
  { into, local, onLoss }: RestoreRequest,
  upTo: StoredSnapshot,
): string | undefined {
  if (!local) return undefined
  const newest = local.at(-1)
  const force = onLoss !== 'refuse'
  // a dataset with snapshots is replaced as a whole, and the old one is kept
  const lost = force ? (newest ? 'will be put aside' : 'will be lost') : 'would be lost'
  const loss = newest
    ? `${into} has nothing that '${formatSnapshotName(upTo)}' builds on; its ${counted(local)}, the newest '${formatSnapshotName(newest)}', ${lost}`
    : `${into} exists and has no snapshots; its contents ${lost}`
  if (force) return loss
  throw new Z3Error('dataset-exists', loss, {
    hint: 'Restore into another dataset with --into, or replace it with --force.',
  })
}

function counted({ length }: readonly LocalSnapshot[]): string {
  return length === 1 ? '1 snapshot' : `${String(length)} snapshots`
}

function listed(snapshots: readonly LocalSnapshot[]): string {
  const first = snapshots.slice(0, 3).map(({ snapshot }) => `@${snapshot}`)
  return `${first.join(', ')}${snapshots.length > 3 ? ', …' : ''}`
}
