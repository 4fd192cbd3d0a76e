import type { Bookmark } from '../bookmark.js'
import type { LocalSnapshot } from '../versions/local-snapshot.js'
import type { Schedule } from '../thin/schedule.js'
import type { Policy } from './policy.js'
import type { Common, ReplicationStep } from './diff.js'

/** A snapshot of either side. */
export interface ReplicaSnapshot extends LocalSnapshot {
  /** Bytes written between the snapshot before it and this one. */
  readonly written: number
}

/** What an interrupted receive has saved at the target. */
export interface PartialReceive {
  readonly toGuid: string
  /** Undefined: a full stream. */
  readonly fromGuid: string | undefined
  readonly raw: boolean
}

/** A dataset and its copy, as they are before anything is changed. */
export interface ReplicationRequest<S extends ReplicaSnapshot> extends Pick<
  Policy,
  'versions' | 'onLoss'
> {
  /** The oldest first, by createtxg. */
  readonly source: readonly S[]
  readonly bookmarks: readonly Bookmark[]
  /** The oldest first, by createtxg; undefined: there is no such dataset. */
  readonly target: readonly S[] | undefined
  /** The full name of the target, for messages. */
  readonly targetName: string
  /**
   * Of an interrupted receive; `unknown`: there is one that the source cannot
   * go on with.
   */
  readonly partial: PartialReceive | 'unknown' | undefined
  /** Whether a snapshot is one of this backup's, by what follows its `@`. */
  readonly isOurs: (snapshot: string) => boolean
  /** Undefined: nothing is thinned on that side. */
  readonly sourceSchedule: Schedule | undefined
  readonly targetSchedule: Schedule | undefined
  /** The thinner's clock, epoch seconds. */
  readonly now: number
  /** Never send what one of these is found in the full name of. */
  readonly exclude: readonly RegExp[]
  /** The stream is raw: then nothing at the target may stand in its way. */
  readonly raw: boolean
  /** Force what is received: `zfs receive -F`. */
  readonly force?: boolean
  /** Take equal names for equal snapshots. */
  readonly trustNames: boolean
  /** Another target still needs this snapshot of the source. */
  readonly isNeeded: (snapshot: S) => boolean
}

/** One stream, and what may go once it has arrived. */
export interface ThinningStep<S> extends ReplicationStep<S> {
  /** Obsolete: the base, once the snapshot has arrived. */
  readonly destroySource: readonly S[]
  readonly destroyTarget: readonly S[]
}

/** What to do, in this order. */
export interface ReplicationPlan<S> {
  readonly common: Common<S> | undefined
  /**
   * What to do with the saved part of an interrupted receive: go on, as the
   * first step, or drop it, and why.
   */
  readonly partial: 'resume' | { readonly drop: string } | undefined
  /** At the target, the newest first: what the first stream cannot pass. */
  readonly incompatible: readonly S[]
  /** The target's newest snapshot after that, and after `destroyTarget`. */
  readonly rollbackTo: S | undefined
  /** Obsolete before anything is sent. */
  readonly destroySource: readonly S[]
  readonly destroyTarget: readonly S[]
  readonly steps: readonly ThinningStep<S>[]
  /** Those of the source that this target still needs after the run so far. */
  readonly needed: readonly S[]
}
