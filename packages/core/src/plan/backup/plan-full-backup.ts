import { Z3Error } from '../../errors.js'
import { formatSnapshotName, parseSnapshotName } from '../../snapshot.js'
import { foldChains } from '../../versions/chain.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import { inTimeOrder } from '../../versions/order.js'
import { formatSendFlags, orderSendFlags, type SendFlag } from '../../versions/send-flags.js'
import {
  encryptionOf,
  ownName,
  twinName,
  isSame,
  type StoredSnapshot,
} from '../../versions/stored-snapshot.js'
import type { BackupPlan, BackupRequest } from './backup-plan.js'
import { snapshotConflict } from '../plan-errors.js'

/**
 * Plan a full stream of the wanted snapshot. If the store has it as an increment, the full stream
 * is stored as its twin, and the older chain stays unchanged. `onLoss: 'replace'` replaces an
 * existing object, even a healthy one, since its data may be damaged.
 *
 * @throws Z3Error `object-exists`, `snapshot-conflict`; `invalid-name` where the name of the twin
 *   would be too long; `encryption-differs` if no stored object can be read
 */
export function planFullBackup(request: BackupRequest, upTo: LocalSnapshot): BackupPlan {
  const { stored, onLoss } = request
  const overwrite = onLoss === 'replace'
  const find = (snapshot: string) => stored.find((object) => object.snapshot === snapshot)
  const full = findFull(stored, upTo)
  if (full && !overwrite) {
    return { common: upTo, steps: [], notes: [`${described(full)}: nothing to do`] }
  }
  const { sendFlags, notes } = chooseFlags(request)
  const there = full ?? find(upTo.snapshot)
  const beside = there && !overwrite ? planTwin(there, upTo) : undefined
  const storedAs = beside ?? there?.snapshot ?? upTo.snapshot
  const inTheWay = find(storedAs)
  if (inTheWay && !overwrite) throw twinTaken(inTheWay, upTo)
  if (there && beside !== undefined) {
    const twin = formatSnapshotName({ ...upTo, snapshot: beside })
    notes.push(
      `'${formatSnapshotName(there)}' is in the store already, ${there.problem === undefined ? 'as an increment' : `and cannot be used (${there.problem})`}: the full stream is stored beside it, as '${twin}'`,
    )
  }
  if (inTheWay) {
    const raw = sendFlags.includes('w')
    notes.push(...replacementNotes(stored, inTheWay, upTo, raw))
  }
  const step = {
    snapshot: upTo,
    storedAs,
    base: undefined,
    parent: undefined,
    sendFlags,
    overwrite: inTheWay !== undefined,
  }
  return { common: undefined, steps: [step], notes }
}

/** The object with the full stream of a snapshot. */
function findFull(
  stored: readonly StoredSnapshot[],
  upTo: LocalSnapshot,
): StoredSnapshot | undefined {
  return stored.find(
    (object) =>
      ownName(object) === upTo.snapshot &&
      isSame(upTo, object) &&
      object.parent === undefined &&
      object.problem === undefined,
  )
}

/** @returns what follows the `@` of the twin's key */
function planTwin(there: StoredSnapshot, upTo: LocalSnapshot): string {
  const name = formatSnapshotName(upTo)
  if (!isSame(upTo, there)) {
    throw snapshotConflict(
      name,
      upTo.guid,
      there.guid,
      'Take a new snapshot and back that up, or add --overwrite to replace the object.',
    )
  }
  return parseSnapshotName(twinName(name)).snapshot
}

function twinTaken(there: StoredSnapshot, upTo: LocalSnapshot): Z3Error {
  return new Z3Error(
    'object-exists',
    `'${formatSnapshotName(there)}' is in the store already, and is not the full stream of '${formatSnapshotName(upTo)}'`,
    {
      hint: `Take a new snapshot and back that up, or add --overwrite to replace '${formatSnapshotName(upTo)}'.`,
    },
  )
}

/**
 * A new chain after a raw one is raw too, so that forgetting `--raw` does not store encrypted data
 * unencrypted.
 */
export function chooseFlags({ dataset, stored, requested, encrypts, mayClear }: BackupRequest): {
  sendFlags: readonly SendFlag[]
  notes: string[]
} {
  const notes: string[] = []
  // it is unknown whether unreadable objects are raw or encrypted
  const known = stored.filter(({ bytes }) => bytes !== undefined)
  const rows = known.map((object) => ({ stored: object, local: undefined }))
  const newest = inTimeOrder(rows).at(-1)?.stored
  const decided = encrypts || mayClear || requested.includes('w')
  if (stored.length > 0 && !newest && !decided) {
    throw new Z3Error(
      'encryption-differs',
      `no stored snapshot of ${dataset} can be read: it is unknown whether they are raw or encrypted`,
      { hint: 'Add --raw, set ENCRYPTOR, or add --encryptor none to store it in clear.' },
    )
  }
  const encryption = newest && encryptionOf(newest)
  if (encryption !== undefined && !encrypts) {
    notes.push(`the backups before this one are encrypted (${encryption}), and it is not`)
  }
  const raw = newest?.sendFlags.includes('w') === true
  const keepsRaw = raw && !requested.includes('w') && !mayClear
  if (keepsRaw) {
    notes.push('sent raw, as the backups before it (--encryptor none: not raw)')
  }
  return {
    sendFlags: orderSendFlags(keepsRaw ? [...requested, 'w'] : requested),
    notes,
  }
}

function described(there: StoredSnapshot): string {
  const flags = formatSendFlags(there.sendFlags)
  const kind = flags === '' ? '' : `, sent with -${flags}`
  const identity = there.guid === undefined ? ' (by its name; it has no guid)' : ''
  return `'${formatSnapshotName(there)}' is in the store already, in full${kind}${identity}`
}

// The effect on the increments of the replaced object. None if the same snapshot is sent again,
// unless only one of the two streams is raw: zfs does not mix raw and other streams in a chain.
function replacementNotes(
  stored: readonly StoredSnapshot[],
  there: StoredSnapshot,
  upTo: LocalSnapshot,
  raw: boolean,
): readonly string[] {
  const name = formatSnapshotName(there)
  const builds = foldChains<boolean>(
    stored,
    (object) => object.parent,
    (object, parent) =>
      formatSnapshotName(object) !== name && (parent?.value === true || object.parent === name),
    false,
  )
  const count = [...builds.values()].filter(Boolean).length
  if (count === 0) return []
  const what = `${String(count)} stored ${count === 1 ? 'snapshot builds' : 'snapshots build'} on '${name}'`
  if (!isSame(upTo, there) || there.sendFlags.includes('w') !== raw) {
    return [`${what}, and cannot be restored once it is replaced`]
  }
  return there.guid === undefined
    ? [
        `${what}, and can be restored only if that was the same snapshot; without a guid this is unknown`,
      ]
    : []
}
