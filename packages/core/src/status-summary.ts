import { checkedCreationOf } from './order.js'
import type { StatusRow } from './status-rows.js'

/** What a status table amounts to. */
export interface StatusSummary {
  /** Objects in the store. */
  readonly objects: number
  /** Bytes of those whose size is known. */
  readonly bytes: number
  /** Objects that cannot be restored. */
  readonly unhealthy: number
  /** Snapshots of this host that the next backup takes, or should. */
  readonly notStored: number
  /** Those that no backup takes any more: a newer one is stored. */
  readonly leftOut: number
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
 */
export function statusSummary(rows: readonly StatusRow[]): StatusSummary {
  const objects = rows.flatMap(({ stored }) => stored ?? [])
  const newest = rows.findLast(({ health }) => health === 'ok')
  // z3 backup goes on from there
  const base = rows.findLastIndex(({ stored, localState }) => stored && localState === 'ok')
  const isLeftOut = ({ stored }: StatusRow, i: number) => !stored && i < base
  return {
    objects: objects.length,
    bytes: objects.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    unhealthy: rows.filter(({ stored, health }) => stored && health !== 'ok').length,
    notStored: rows.filter(
      (row, i) => row.local && (!row.stored || row.localState === 'replaced') && !isLeftOut(row, i),
    ).length,
    leftOut: rows.filter(isLeftOut).length,
    newestGood: newest && {
      name: newest.name,
      created: checkedCreationOf(newest),
    },
  }
}
