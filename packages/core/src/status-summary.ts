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
  /** Snapshots of this host that the store has not, other ones of their name aside. */
  readonly notStored: number
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
  return {
    objects: objects.length,
    bytes: objects.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    unhealthy: rows.filter(({ stored, health }) => stored && health !== 'ok')
      .length,
    notStored: rows.filter(
      ({ stored, local, localState }) =>
        local && (!stored || localState === 'replaced'),
    ).length,
    newestGood: newest && {
      name: newest.name,
      created: checkedCreationOf(newest),
    },
  }
}
