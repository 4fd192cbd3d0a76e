import type { Bookmark } from '../../bookmark.js'
import { Z3Error } from '../../errors.js'
import { formatSnapshotName } from '../../snapshot.js'
import { checkHealth, storedByName, type Health } from '../../versions/chain.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import { orderSendFlags, type SendFlag } from '../../versions/send-flags.js'
import {
  encryptionOf,
  ownName,
  isSame,
  type StoredSnapshot,
} from '../../versions/stored-snapshot.js'
import {
  isWanted,
  type BackupPlan,
  type BackupRequest,
  type BackupStep,
  type Retention,
} from './backup-plan.js'
import { brokenChain, snapshotConflict } from '../plan-errors.js'
import { chooseFlags } from './plan-full-backup.js'
import { planRetained } from './plan-retained-backup.js'

/** The hint of most errors. */
const NEW_CHAIN = 'Run z3 backup --full to start a new chain.'

/** The hint if no stored snapshot is known here: another host may have stored them. */
const OTHER_HOST =
  'Run z3 backup --full to start a new chain; if another host stores a dataset of this name, give each its own S3_PREFIX (%h is the name of the host).'

/** The stored snapshots, indexed. */
interface Index {
  readonly byName: ReadonlyMap<string, StoredSnapshot>
  readonly health: ReadonlyMap<string, Health>
  /** Healthy objects only; the twin if a snapshot has two. */
  readonly byGuid: ReadonlyMap<string, StoredSnapshot>
}

/**
 * Plan the upload of all snapshots of the prefix up to the wanted one, starting after the newest
 * stored snapshot of any prefix, each as an increment of the one before. An empty store gets the
 * oldest as a full stream, then the others, so that it has the whole history.
 *
 * @throws Z3Error `broken-chain`, `snapshot-conflict`, `no-common-snapshot`, `send-flags-differ`,
 *   `encryption-differs`
 */
export function planIncrementalBackup(request: BackupRequest, upTo: LocalSnapshot): BackupPlan {
  const { dataset, stored, first } = request
  const index = indexStored(stored)
  const { base, pending } = walkBack(request, upTo, index)
  if (base) {
    checkHealthy(base.object, index)
    if (pending.length === 0) return { common: base.local, steps: [], notes: [] }
    return request.retention
      ? planByRetention(request, request.retention, base, pending)
      : planOnBase(request, base, pending)
  }
  if (stored.length > 0) {
    throw new Z3Error(
      'no-common-snapshot',
      `no snapshot of ${dataset} up to '${formatSnapshotName(upTo)}' is in the store, though others are`,
      { hint: OTHER_HOST },
    )
  }
  const flags = orderSendFlags(request.requested)
  const wanted = first === 'newest' ? [upTo] : pending
  return {
    common: undefined,
    steps: request.retention
      ? planRetained(request, request.retention, wanted, flags, () => undefined).steps
      : chainSteps(wanted, undefined, flags),
    notes: [`nothing of ${dataset} is in the store yet: a full backup`],
  }
}

function indexStored(stored: readonly StoredSnapshot[]): Index {
  const health = checkHealth(stored)
  const byGuid = new Map<string, StoredSnapshot>()
  for (const object of stored) {
    const { guid, twinOf } = object
    const healthy = health.get(formatSnapshotName(object)) === 'ok'
    if (!healthy || guid === undefined) continue
    if (twinOf !== undefined || !byGuid.has(guid)) byGuid.set(guid, object)
  }
  return { byName: storedByName(stored), health, byGuid }
}

/** The newest common snapshot; locally, it may be only a bookmark. */
interface Base {
  readonly local: LocalSnapshot | Bookmark
  readonly object: StoredSnapshot
}

function walkBack(
  request: BackupRequest,
  upTo: LocalSnapshot,
  index: Index,
): { base: Base | undefined; pending: readonly LocalSnapshot[] } {
  const { local } = request
  const pending: LocalSnapshot[] = []
  const marked = findMarked(request, upTo, index)
  for (let i = local.indexOf(upTo); i >= 0; i--) {
    const snapshot = local[i]
    if (!snapshot) break
    if (marked && BigInt(marked.local.createtxg) > BigInt(snapshot.createtxg)) break
    const wanted = isWanted(request, snapshot)
    const object = wanted ? findStored(snapshot, upTo, index) : findParent(snapshot, index)
    if (object) {
      return { base: { local: snapshot, object }, pending: pending.reverse() }
    }
    if (wanted) pending.push(snapshot)
  }
  return { base: marked, pending: pending.reverse() }
}

/** The newest bookmark of a healthy stored snapshot that was destroyed locally. */
function findMarked(
  { local, bookmarks }: BackupRequest,
  upTo: LocalSnapshot,
  { byGuid }: Index,
): Base | undefined {
  const here = new Set(local.map(({ guid }) => guid))
  let newest: Base | undefined
  for (const mark of bookmarks) {
    const object = here.has(mark.guid) ? undefined : byGuid.get(mark.guid)
    const txg = BigInt(mark.createtxg)
    if (!object || txg > BigInt(upTo.createtxg)) continue
    if (!newest || txg > BigInt(newest.local.createtxg)) newest = { local: mark, object }
  }
  return newest
}

// The wanted snapshot must be stored under its own name, which users will restore. A parent may
// have any name.
function findStored(
  snapshot: LocalSnapshot,
  upTo: LocalSnapshot,
  { byName, byGuid }: Index,
): StoredSnapshot | undefined {
  const same = byGuid.get(snapshot.guid)
  // the twin starts the newer of two chains
  if (same?.twinOf === snapshot.snapshot) return same
  const name = formatSnapshotName(snapshot)
  const object = byName.get(name)
  if (!object) return snapshot === upTo ? undefined : same
  if (isSame(snapshot, object)) return object
  throw snapshotConflict(
    name,
    snapshot.guid,
    object.guid,
    snapshot === upTo
      ? 'Take a new snapshot and run z3 backup --full to start a new chain, or add --full --overwrite to replace the object.'
      : OTHER_HOST,
  )
}

// A snapshot outside the prefix may be a parent. If its object is unusable, an older parent is
// used.
function findParent(
  snapshot: LocalSnapshot,
  { byName, health, byGuid }: Index,
): StoredSnapshot | undefined {
  const same = byGuid.get(snapshot.guid)
  if (same) return same
  const name = formatSnapshotName(snapshot)
  const legacy = byName.get(name)
  return legacy && isSame(snapshot, legacy) && health.get(name) === 'ok' ? legacy : undefined
}

function checkHealthy(object: StoredSnapshot, { byName, health }: Index): void {
  if (health.get(formatSnapshotName(object)) === 'ok') return
  let culprit = object
  for (;;) {
    const reason = health.get(formatSnapshotName(culprit)) ?? 'missing parent'
    const parent = reason === 'parent broken' ? byName.get(culprit.parent ?? '') : undefined
    if (!parent) throw brokenChain(culprit, reason, object, NEW_CHAIN)
    culprit = parent
  }
}

function planOnBase(
  { requested, encrypts, mayClear }: BackupRequest,
  base: Base,
  pending: readonly LocalSnapshot[],
): BackupPlan {
  const { local, object } = base
  const { sendFlags } = object
  const left = orderSendFlags(requested).filter((flag) => !sendFlags.includes(flag))
  const parent = formatSnapshotName(object)
  if (left.includes('w')) {
    throw new Z3Error(
      'send-flags-differ',
      `the chain of '${parent}' is not raw: an increment of it would be sent decrypted`,
      {
        hint: 'Run z3 backup --full with --raw to start a new chain, or omit --raw.',
      },
    )
  }
  const encryption = encryptionOf(object)
  if (encryption !== undefined && !encrypts && !mayClear) {
    throw new Z3Error(
      'encryption-differs',
      `'${parent}' is encrypted (${encryption}): an increment of it would be stored in clear`,
      {
        hint: 'Set ENCRYPTOR (or COMPRESSOR=gpg) as before; --encryptor none continues unencrypted, and with --full starts a new unencrypted chain.',
      },
    )
  }
  const notes: string[] = []
  if ('snapshot' in local && local.snapshot !== ownName(object)) {
    const name = formatSnapshotName(local)
    notes.push(`'${name}' is in the store as '${parent}': it was renamed`)
  }
  if (left.length > 0) {
    notes.push(
      `without -${left.join('')}: the chain of '${parent}' was started without, and its send flags are pinned`,
    )
  }
  return { common: local, steps: chainSteps(pending, base, sendFlags), notes }
}

function planByRetention(
  request: BackupRequest,
  retention: Retention,
  base: Base,
  pending: readonly LocalSnapshot[],
): BackupPlan {
  const notes = new Set<string>()
  const full = chooseFlags(request)
  // a full backup that is due has no parent to check
  planOnBase(request, base, [])
  const plan = planRetained(request, retention, pending, full.sendFlags, (object, local) => {
    for (const note of planOnBase(request, { local, object }, []).notes) notes.add(note)
  })
  const isFull = plan.steps.some(({ parent }) => parent === undefined)
  if (isFull) for (const note of full.notes) notes.add(note)
  return { common: base.local, steps: plan.steps, notes: [...notes, ...plan.notes] }
}

/** Each starts from the one before; the first from the base, or as a full stream. */
function chainSteps(
  pending: readonly LocalSnapshot[],
  base: Base | undefined,
  sendFlags: readonly SendFlag[],
): readonly BackupStep[] {
  return pending.map((snapshot, i): BackupStep => {
    const previous = pending[i - 1]
    return {
      snapshot,
      storedAs: snapshot.snapshot,
      base: previous ?? base?.local,
      parent: previous ? formatSnapshotName(previous) : base && formatSnapshotName(base.object),
      sendFlags,
      overwrite: false,
    }
  })
}
