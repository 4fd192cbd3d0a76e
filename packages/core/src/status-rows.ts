import { checkHealth, type Health } from './chain.js'
import { ownName } from './full-twin.js'
import { isSame } from './identity.js'
import type { LocalSnapshot } from './local-snapshot.js'
import { creationOf, inTimeOrder, type Row } from './order.js'
import { formatSnapshotName } from './snapshot.js'
import type { StoredSnapshot } from './stored-snapshot.js'
import { z3Size } from './z3-size.js'

/** What the table of a dataset's snapshots is made from. */
export interface StatusRequest {
  readonly dataset: string
  readonly local: readonly LocalSnapshot[]
  /** All of the dataset, of whatever prefix. */
  readonly stored: readonly StoredSnapshot[]
  /** SNAPSHOT_PREFIX: only what begins with it becomes a row. */
  readonly prefix: string
}

/** A row of z3's table, in z3's words, and what it was made from. */
export interface StatusRow extends Row {
  /** What follows the `@`. */
  readonly name: string
  /** What follows the `@` of the parent; '' of a full one, '-' of none. */
  readonly parent: string
  /** Missing from the store; unknown where the metadata do not say. */
  readonly type: 'full' | 'incremental' | 'missing' | 'unknown'
  /** '-': there is no object. */
  readonly health: Health | '-'
  /** Replaced: another snapshot has the name here. */
  readonly localState: 'ok' | 'missing' | 'replaced'
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
    request.local.filter(shown).map((snapshot) => [snapshot.snapshot, snapshot]),
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
      localState: localState(row),
      created: creationOf(row),
    }
  })
  return inTimeOrder(rows)
}

/** Snapshots of this host, but for those whose full twin has a row for them. */
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
