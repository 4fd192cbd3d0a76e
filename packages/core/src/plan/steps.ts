import type { Bookmark } from '../bookmark.js'
import type { LocalSnapshot } from '../versions/local-snapshot.js'
import { formatSnapshotName } from '../snapshot.js'
import type { Common } from './diff.js'

/** One stream to send and to receive. */
export interface ReplicationStep<S> {
  /** The full name at the target of the snapshot. */
  readonly name: string
  /** Of the source: the last that the stream brings. */
  readonly snapshot: S
  /** Undefined: a full stream. */
  readonly base: S | Bookmark | undefined
  /** `zfs send -I`, with every snapshot between base and snapshot; else `-i`. */
  readonly between: boolean
  /** `zfs receive -F` */
  readonly force: boolean
  /** The base at the target, as it is named there. */
  readonly targetBase: S | undefined
}

export interface StepsWanted<S> {
  /** The dataset at the target. */
  readonly dataset: string
  /** What the first stream is sent from; undefined: it is sent in full. */
  readonly common: Common<S> | undefined
  /** All that the target is to have, the oldest first. */
  readonly wanted: readonly S[]
  /** One stream for each snapshot, or as few as possible. */
  readonly streams: 'each' | 'between'
  /** Whether a stream is forced: of a full one, of an incremental one. */
  readonly force: { readonly full: boolean; readonly incremental: boolean }
}

/** The streams that bring what is wanted. */
export function toSteps<S extends LocalSnapshot>({
  dataset,
  common,
  wanted,
  streams,
  force,
}: StepsWanted<S>): readonly ReplicationStep<S>[] {
  const step = (from: Common<S> | undefined, snapshot: S, between: boolean) => ({
    name: formatSnapshotName({ dataset, snapshot: snapshot.snapshot }),
    snapshot,
    base: from?.source,
    between,
    force: from ? force.incremental : force.full,
    targetBase: from?.target,
  })
  const [first] = wanted
  const last = wanted.at(-1)
  if (!first || !last) return []
  const after = (one: S): Common<S> => ({ source: one, target: one })
  if (streams === 'each') {
    return wanted.map((one, i) => {
      const previous = wanted[i - 1]
      return step(previous ? after(previous) : common, one, false)
    })
  }
  if (common && 'snapshot' in common.source) return [step(common, last, true)]
  // -I begins at a snapshot alone: 'multiple snapshots cannot be sent from a
  // bookmark', zfs_do_send of OpenZFS 2.x
  const begin = step(common, first, false)
  return first === last ? [begin] : [begin, step(after(first), last, true)]
}
