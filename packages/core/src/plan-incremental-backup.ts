import type { BackupPlan, BackupRequest, BackupStep } from './backup-plan.js'
import { brokenChain } from './broken-chain.js'
import { checkHealth, type Health } from './chain.js'
import { Z3Error } from './errors.js'
import { storedByName } from './fold-chains.js'
import { isSame } from './identity.js'
import type { LocalSnapshot } from './local-snapshot.js'
import { orderSendFlags, type SendFlag } from './send-flags.js'
import { formatSnapshotName } from './snapshot.js'
import { snapshotConflict } from './snapshot-conflict.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/** What is stored, as the walk asks for it. */
interface Index {
  readonly byName: ReadonlyMap<string, StoredSnapshot>
  readonly health: ReadonlyMap<string, Health>
  /** Healthy ones alone. */
  readonly byGuid: ReadonlyMap<string, StoredSnapshot>
}

/**
 * Plan to send every snapshot that the store lacks, up to the target: from the
 * newest that it has on, each by what changed since the one before.
 *
 * @throws Z3Error `broken-chain`, `snapshot-conflict`, `no-common-snapshot`,
 *   `send-flags-differ`
 */
export function planIncrementalBackup(
  request: BackupRequest,
  target: LocalSnapshot,
): BackupPlan {
  const { dataset, stored } = request
  const index = indexStored(stored)
  const { base, pending } = walkBack(request, target, index)
  if (base) {
    checkHealthy(base.object, target, index)
    return pending.length === 0
      ? { steps: [], notes: [] }
      : planSteps(base, pending, request.requested)
  }
  if (stored.length > 0) {
    throw new Z3Error(
      'no-common-snapshot',
      `no snapshot of ${dataset} up to '${formatSnapshotName(target)}' is in the store, though others are`,
      { hint: 'Run z3 backup --full to begin a new chain.' },
    )
  }
  const step = {
    snapshot: target,
    base: undefined,
    parent: undefined,
    sendFlags: orderSendFlags(request.requested),
    overwrite: false,
  }
  return {
    steps: [step],
    notes: [`nothing of ${dataset} is in the store yet: a full backup`],
  }
}

function indexStored(stored: readonly StoredSnapshot[]): Index {
  const health = checkHealth(stored)
  const byGuid = new Map<string, StoredSnapshot>()
  for (const object of stored) {
    const healthy = health.get(formatSnapshotName(object)) === 'ok'
    if (healthy && object.guid !== undefined) byGuid.set(object.guid, object)
  }
  return { byName: storedByName(stored), health, byGuid }
}

/** The newest snapshot that is both here and there. */
interface Base {
  readonly local: LocalSnapshot
  readonly object: StoredSnapshot
}

function walkBack(
  { local }: BackupRequest,
  target: LocalSnapshot,
  index: Index,
): { base: Base | undefined; pending: readonly LocalSnapshot[] } {
  const pending: LocalSnapshot[] = []
  for (let i = local.indexOf(target); i >= 0; i--) {
    const snapshot = local[i]
    if (!snapshot) break
    const object = findStored(snapshot, target, index)
    if (object) {
      return { base: { local: snapshot, object }, pending: pending.reverse() }
    }
    pending.push(snapshot)
  }
  return { base: undefined, pending: pending.reverse() }
}

// The target must be there by its own name, for that is what a restore will be
// asked for. To build upon, the same snapshot by any name will do.
function findStored(
  snapshot: LocalSnapshot,
  target: LocalSnapshot,
  { byName, byGuid }: Index,
): StoredSnapshot | undefined {
  const name = formatSnapshotName(snapshot)
  const object = byName.get(name)
  if (!object) {
    return snapshot === target ? undefined : byGuid.get(snapshot.guid)
  }
  if (isSame(snapshot, object)) return object
  throw snapshotConflict(
    name,
    snapshot.guid,
    object.guid,
    snapshot === target
      ? 'Take a new snapshot and run z3 backup --full to begin a new chain, or add --full --overwrite to replace the object.'
      : 'Run z3 backup --full to begin a new chain.',
  )
}

function checkHealthy(
  object: StoredSnapshot,
  target: LocalSnapshot,
  { byName, health }: Index,
): void {
  if (health.get(formatSnapshotName(object)) === 'ok') return
  let culprit = object
  for (;;) {
    const reason = health.get(formatSnapshotName(culprit)) ?? 'missing parent'
    const parent =
      reason === 'parent broken' ? byName.get(culprit.parent ?? '') : undefined
    if (!parent) {
      const own = formatSnapshotName(object) === formatSnapshotName(target)
      throw brokenChain(
        culprit,
        reason,
        object,
        own
          ? 'Run z3 backup --full --overwrite to replace the object by a full one, or take a new snapshot and run z3 backup --full.'
          : 'Run z3 backup --full to begin a new chain.',
      )
    }
    culprit = parent
  }
}

function planSteps(
  { local, object }: Base,
  pending: readonly LocalSnapshot[],
  requested: readonly SendFlag[],
): BackupPlan {
  const { sendFlags } = object
  const left = orderSendFlags(requested).filter(
    (flag) => !sendFlags.includes(flag),
  )
  const parent = formatSnapshotName(object)
  if (left.includes('w')) {
    throw new Z3Error(
      'send-flags-differ',
      `the chain of '${parent}' is not raw: an increment of it would be sent decrypted`,
      {
        hint: 'Run z3 backup --full with --raw to begin a new chain, or leave --raw out.',
      },
    )
  }
  const notes: string[] = []
  const name = formatSnapshotName(local)
  if (name !== parent) {
    notes.push(`'${name}' is in the store as '${parent}': it was renamed`)
  }
  if (left.length > 0) {
    notes.push(
      `without -${left.join('')}: the chain of '${parent}' was begun without, and keeps its send flags`,
    )
  }
  const steps = pending.map((snapshot, i): BackupStep => {
    const previous = pending[i - 1]
    return {
      snapshot,
      base: previous ?? local,
      parent: previous ? formatSnapshotName(previous) : parent,
      sendFlags,
      overwrite: false,
    }
  })
  return { steps, notes }
}
