import { z3Size } from '../size.js'
import { formatSnapshotName } from '../snapshot.js'
import { checkHealth, type Health } from './chain.js'
import type { LocalSnapshot } from './local-snapshot.js'
import { creationOf, inTimeOrder, checkedCreationOf, type Row } from './order.js'
import { ownName, isSame, type StoredSnapshot } from './stored-snapshot.js'

/** The input of the status table of a dataset. */
export interface StatusRequest {
  readonly dataset: string
  /** Undefined: unknown. */
  readonly local: readonly LocalSnapshot[] | undefined
  /** All of the dataset, with any prefix. */
  readonly stored: readonly StoredSnapshot[]
  /** SNAPSHOT_PREFIX: only snapshots that start with it have a row. */
  readonly prefix: string
}

/** A row of z3's table, with z3's texts, and its snapshot and object. */
export interface StatusRow extends Row {
  /** What follows the `@`. */
  readonly name: string
  /** What follows the `@` of the parent; '' of a full one, '-' of none. */
  readonly parent: string
  /** Missing from the store; unknown if the metadata lack it. */
  readonly type: 'full' | 'incremental' | 'missing' | 'unknown'
  /** '-': there is no object. */
  readonly health: Health | '-'
  /** Replaced: another local snapshot has the name. */
  readonly localState: 'ok' | 'missing' | 'replaced' | 'unknown'
  /** Estimated size before compression, as `z3Size` writes it, or ''. */
  readonly size: string
  /** Epoch seconds: `creationOf`. */
  readonly created: number | undefined
}

/** The rows of the status table, the oldest first: `inTimeOrder`. */
export function statusRows(request: StatusRequest): readonly StatusRow[] {
  const { dataset, prefix } = request
  const health = checkHealth(request.stored)
  const shown = (item: LocalSnapshot | StoredSnapshot): boolean =>
    item.dataset === dataset && item.snapshot.startsWith(prefix)
  const stored = new Map(request.stored.filter(shown).map((object) => [object.snapshot, object]))
  const local = new Map(
    (request.local ?? []).filter(shown).map((snapshot) => [snapshot.snapshot, snapshot]),
  )
  const names = new Set([...stored.keys(), ...withoutTwins(local, stored.values())])
  const rows = Array.from(names, (name): StatusRow => {
    const object = stored.get(name)
    const row = {
      stored: object,
      local: local.get(object ? ownName(object) : name),
    }
    return {
      name,
      ...row,
      ...(object
        ? storedColumns(object, health)
        : { parent: '-', type: 'missing', health: '-', size: '' }),
      localState: request.local ? localState(row) : 'unknown',
      created: creationOf(row),
    }
  })
  return inTimeOrder(rows)
}

/** Snapshots of this host, except those with a full twin, which has the row. */
function withoutTwins(
  local: ReadonlyMap<string, LocalSnapshot>,
  stored: Iterable<StoredSnapshot>,
): readonly string[] {
  const names = new Set(local.keys())
  for (const { twinOf, guid } of stored) {
    if (twinOf === undefined) continue
    if (local.get(twinOf)?.guid === guid) names.delete(twinOf)
  }
  return [...names]
}

function storedColumns(
  object: StoredSnapshot,
  health: ReadonlyMap<string, Health>,
): Pick<StatusRow, 'parent' | 'type' | 'health' | 'size'> {
  const { parent, problem, size } = object
  const full = problem === undefined ? 'full' : 'unknown'
  return {
    parent: parent?.slice(parent.indexOf('@') + 1) ?? '',
    type: parent === undefined ? full : 'incremental',
    health: health.get(formatSnapshotName(object)) ?? 'bad metadata',
    size: size === undefined ? '' : z3Size(size),
  }
}

function localState({ stored, local }: Row): StatusRow['localState'] {
  if (!local) return 'missing'
  return !stored || isSame(local, stored) ? 'ok' : 'replaced'
}

/** The summary of a status table. */
export interface StatusSummary {
  /** Objects in the store. */
  readonly objects: number
  /** Total bytes of objects with known size. */
  readonly bytes: number
  /** Objects that cannot be restored. */
  readonly unhealthy: number
  /** Snapshots of this host that the next backup uploads, or should upload; undefined: unknown. */
  readonly notStored: number | undefined
  /** Snapshots that no backup will upload: a newer one is stored; undefined: unknown. */
  readonly leftOut: number | undefined
  /** The newest snapshot that can be restored: `inTimeOrder`. */
  readonly newestGood:
    | {
        /** What follows the `@`. */
        readonly name: string
        /** Epoch seconds, not later than the upload. */
        readonly created: number | undefined
      }
    | undefined
}

/**
 * Sum up a status table.
 *
 * @param rows the oldest first: `statusRows`
 * @param isLocalKnown the snapshots of this host were listed
 */
export function statusSummary(rows: readonly StatusRow[], isLocalKnown = true): StatusSummary {
  const objects = rows.flatMap(({ stored }) => stored ?? [])
  const newest = rows.findLast(({ health }) => health === 'ok')
  const { notStored, leftOut } = findNotStored(rows)
  return {
    objects: objects.length,
    bytes: objects.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    unhealthy: rows.filter(({ stored, health }) => stored && health !== 'ok').length,
    notStored: isLocalKnown ? notStored.length : undefined,
    leftOut: isLocalKnown ? leftOut.length : undefined,
    newestGood: newest && {
      name: newest.name,
      created: checkedCreationOf(newest),
    },
  }
}

/** The rows that `StatusSummary` counts. */
export interface NotStored {
  readonly notStored: readonly StatusRow[]
  readonly leftOut: readonly StatusRow[]
}

/**
 * The snapshots of this host without a backup.
 *
 * @param rows the oldest first: `statusRows`
 */
export function findNotStored(rows: readonly StatusRow[]): NotStored {
  // z3 backup goes on from there
  const base = rows.findLastIndex(({ stored, localState }) => stored && localState === 'ok')
  const isLeftOut = ({ stored }: StatusRow, i: number): boolean => !stored && i < base
  return {
    notStored: rows.filter(
      (row, i) => row.local && (!row.stored || row.localState === 'replaced') && !isLeftOut(row, i),
    ),
    leftOut: rows.filter(isLeftOut),
  }
}
