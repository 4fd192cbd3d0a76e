import type { BackupPlan, BackupRequest } from './backup-plan.js'
import { checkHealth, type Health } from './chain.js'
import { Z3Error } from './errors.js'
import { foldChains } from './fold-chains.js'
import { isSame } from './identity.js'
import type { LocalSnapshot } from './local-snapshot.js'
import { formatSendFlags, orderSendFlags } from './send-flags.js'
import { formatSnapshotName } from './snapshot.js'
import { snapshotConflict } from './snapshot-conflict.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/**
 * Plan to send the target whole. With `overwrite` what is in the way is
 * replaced, a healthy object too: its data may be damaged all the same.
 *
 * @throws Z3Error `object-exists`, `snapshot-conflict`
 */
export function planFullBackup(
  { stored, overwrite, requested }: BackupRequest,
  target: LocalSnapshot,
): BackupPlan {
  const name = formatSnapshotName(target)
  const there = stored.find((object) => formatSnapshotName(object) === name)
  if (there && !overwrite) {
    checkSame(target, there)
    checkFull(there, checkHealth(stored).get(name))
    return { steps: [], notes: [`${described(there)}: nothing to do`] }
  }
  const sendFlags = orderSendFlags(requested)
  const step = {
    snapshot: target,
    base: undefined,
    parent: undefined,
    sendFlags,
    overwrite: there !== undefined,
  }
  const raw = sendFlags.includes('w')
  return {
    steps: [step],
    notes: there ? replacementNotes(stored, there, target, raw) : [],
  }
}

function checkSame(target: LocalSnapshot, there: StoredSnapshot): void {
  if (isSame(target, there)) return
  throw snapshotConflict(
    formatSnapshotName(target),
    target.guid,
    there.guid,
    'Take a new snapshot and back that up, or add --overwrite to replace the object.',
  )
}

function checkFull(there: StoredSnapshot, health: Health | undefined): void {
  if (health === 'ok' && there.parent === undefined) return
  const what = health === 'ok' ? 'incremental' : `broken (${String(health)})`
  throw new Z3Error(
    'object-exists',
    `'${formatSnapshotName(there)}' is in the store already, and is ${what}`,
    {
      hint: 'Take a new snapshot and back that up, or add --overwrite to replace the object.',
    },
  )
}

function described(there: StoredSnapshot): string {
  const flags = formatSendFlags(there.sendFlags)
  const kind = flags === '' ? '' : `, sent with -${flags}`
  const identity =
    there.guid === undefined ? ' (by its name; it has no guid)' : ''
  return `'${formatSnapshotName(there)}' is in the store already, in full${kind}${identity}`
}

// What becomes of what builds on the object. Where the same snapshot is sent
// again nothing does, unless one is raw and the other is not: zfs receives no
// raw increment on what is not raw, nor the other way round.
function replacementNotes(
  stored: readonly StoredSnapshot[],
  there: StoredSnapshot,
  target: LocalSnapshot,
  raw: boolean,
): readonly string[] {
  const name = formatSnapshotName(there)
  const builds = foldChains<boolean>(
    stored,
    (object) => object.parent,
    (object, parent) =>
      formatSnapshotName(object) !== name &&
      (parent?.value === true || object.parent === name),
    false,
  )
  const count = [...builds.values()].filter(Boolean).length
  if (count === 0) return []
  const what = `${String(count)} stored ${count === 1 ? 'snapshot builds' : 'snapshots build'} on '${name}'`
  if (!isSame(target, there) || there.sendFlags.includes('w') !== raw) {
    return [`${what}, and cannot be restored once it is replaced`]
  }
  return there.guid === undefined
    ? [
        `${what}, and can be restored only if that was the same snapshot; without a guid it cannot be told`,
      ]
    : []
}
