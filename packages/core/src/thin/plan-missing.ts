import type { Schedule } from './schedule.js'
import { obsoleteOf } from './thin.js'

/** A dataset at the target that has no source any more. */
export interface MissingRequest<S> {
  /** Ours, the oldest first, by createtxg. */
  readonly ours: readonly S[]
  /** It has snapshots that are not ours. */
  readonly hasOthers: boolean
  readonly hasChildren: boolean
  /** Undefined: nothing is thinned. */
  readonly schedule: Schedule | undefined
  /** Seconds after the last snapshot; undefined: it stays. */
  readonly ttl: number | undefined
  /** Epoch seconds. */
  readonly now: number
}

/** What becomes of it. */
export interface MissingPlan<S> {
  readonly destroy: readonly S[]
  /** Then its last snapshot, and the dataset itself. */
  readonly destroyDataset: boolean
  /** Why it stays for now, in the words to print. */
  readonly reason: string | undefined
}

/**
 * Plan what becomes of a copy whose source is gone, or is not selected any more,
 * by zfs-autobackup's rules: it is thinned, its last snapshot excepted; when its
 * time is over, all but the last go, and then the dataset, unless it has
 * children or snapshots of others.
 *
 * Its time begins with the latest creation of all: after a clock was set back
 * that is not the newest snapshot's, and more patience destroys nothing.
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
