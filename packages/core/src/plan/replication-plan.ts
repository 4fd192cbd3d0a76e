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

/** The partial state of an interrupted receive at the target. */
export interface PartialReceive {
  readonly toGuid: string
  /** Undefined: a full stream. */
  readonly fromGuid: string | undefined
  readonly raw: boolean
}

/** A dataset and its copy before any change. */
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
  /** Of an interrupted receive; `unknown`: the source cannot resume it. */
  readonly partial: PartialReceive | 'unknown' | undefined
  /** Whether a snapshot belongs to this backup, by its name after the `@`. */
  readonly isOurs: (snapshot: string) => boolean
  /** Undefined: nothing is thinned on that side. */
  readonly sourceSchedule: Schedule | undefined
  readonly targetSchedule: Schedule | undefined
  /** The time for the thinner, epoch seconds. */
  readonly now: number
  /** Never send snapshots whose full name matches one of these. */
  readonly exclude: readonly RegExp[]
  /** The stream is raw: newer snapshots at the target block it. */
  readonly raw: boolean
  /** Force every receive: `zfs receive -F`. */
  readonly force?: boolean
  /** Treat snapshots of the same name as equal. */
  readonly trustNames: boolean
  /** Another target still needs this snapshot of the source. */
  readonly isNeeded: (snapshot: S) => boolean
}

/** One stream, and the obsolete snapshots after its receive. */
export interface ThinningStep<S> extends ReplicationStep<S> {
  /** Obsolete after the receive, such as the base. */
  readonly destroySource: readonly S[]
  readonly destroyTarget: readonly S[]
}

/** The plan, in this order. */
export interface ReplicationPlan<S> {
  readonly common: Common<S> | undefined
  /** Resume the interrupted receive as the first step, or drop its state, and why. */
  readonly partial: 'resume' | { readonly drop: string } | undefined
  /** Snapshots at the target that block the first stream, the newest first. */
  readonly incompatible: readonly S[]
  /** The target's newest snapshot after that, and after `destroyTarget`. */
  readonly rollbackTo: S | undefined
  /** Obsolete before anything is sent. */
  readonly destroySource: readonly S[]
  readonly destroyTarget: readonly S[]
  readonly steps: readonly ThinningStep<S>[]
  /** Snapshots of the source that this target still needs after the steps so far. */
  readonly needed: readonly S[]
}
