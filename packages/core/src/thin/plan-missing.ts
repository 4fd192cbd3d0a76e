import type { Schedule } from './schedule.js'
import { obsoleteOf } from './thin.js'

/** A dataset at the target whose source is gone. */
export interface MissingRequest<S> {
  /** Ours, the oldest first, by createtxg. */
  readonly ours: readonly S[]
  /** It has snapshots that are not ours. */
  readonly hasOthers: boolean
  readonly hasChildren: boolean
  /** Undefined: nothing is thinned. */
  readonly schedule: Schedule | undefined
  /** Seconds after the last snapshot; undefined: keep the dataset. */
  readonly ttl: number | undefined
  /** Epoch seconds. */
  readonly now: number
}

/** The decision for the dataset. */
export interface MissingPlan<S> {
  readonly destroy: readonly S[]
  /** Then its last snapshot, and the dataset itself. */
  readonly destroyDataset: boolean
  /** Why the dataset stays for now, to print. */
  readonly reason: string | undefined
}

/**
 * Plan for a copy whose source is gone or no longer selected, by the rules of zfs-autobackup: thin
 * it, except its last snapshot; after its deadline, destroy all but the last snapshot, then the
 * dataset, unless it has children or snapshots of others.
 *
 * The deadline counts from the latest creation of all snapshots. After a clock was set back, that
 * is not the newest snapshot; a later deadline is the safe choice.
 */
export function planMissing<S extends { readonly created: number }>({
  ours,
  hasOthers,
  hasChildren,
  schedule,
  ttl,
  now,
}: MissingRequest<S>): MissingPlan<S> {
  const last = ours.at(-1)
  const stays = (reason: string | undefined, destroy: readonly S[] = []): MissingPlan<S> => ({
    destroy,
    destroyDataset: false,
    reason,
  })
  if (!last) {
    return stays(
      ttl === undefined || hasChildren
        ? undefined
        : 'has no snapshots made by us (please destroy manually).',
    )
  }
  const latest = ours.reduce((time, { created }) => Math.max(time, created), 0)
  if (ttl === undefined || latest + ttl > now) {
    return stays(
      ttl === undefined ? undefined : 'Waiting for deadline.',
      obsoleteOf(ours, schedule, now),
    )
  }
  const others = ours.slice(0, -1)
  if (hasOthers) return stays('Still in use by other snapshots', others)
  if (hasChildren) return stays('Still has children here.', others)
  return { destroy: others, destroyDataset: true, reason: undefined }
}
