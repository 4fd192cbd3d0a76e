import type { LocalSnapshot } from '../versions/local-snapshot.js'
import type { Source } from './diff.js'
import type { ReplicationStep } from './steps.js'

/** What is sent from. */
export interface SyncSource extends Source<LocalSnapshot> {
  readonly dataset: string
}

/** What is received into. */
export interface SyncDestination {
  readonly dataset: string
  /**
   * All of the dataset, the oldest first; undefined: there is no such dataset.
   */
  readonly snapshots: readonly LocalSnapshot[] | undefined
  /** Written to since its newest snapshot. */
  readonly modified: boolean
  /** Has datasets below it. Needed where it has no snapshots. */
  readonly hasChildren?: boolean
}

/** What a sync is planned from. */
export interface SyncRequest {
  readonly source: SyncSource
  readonly destination: SyncDestination
  /** SNAPSHOT_PREFIX: which snapshots count as matching; empty: all. */
  readonly prefix: string
  /** What follows the `@`; undefined: the newest that matches. */
  readonly target: string | undefined
  /** One stream per snapshot, rather than one for all. */
  readonly step: boolean
  /** Leave out those between that do not match. One stream per snapshot. */
  readonly onlyMatching: boolean
  /**
   * To a destination without snapshots, send from the oldest that matches on.
   * Else the target alone, as z3 does.
   */
  readonly history: boolean
  /** Give up what the destination has beyond the newest common snapshot. */
  readonly rollback: boolean
  /**
   * With `rollback`: a full stream may also replace a dataset that has datasets
   * below it, or the root dataset of a pool.
   */
  readonly replace?: boolean
}

/** What a sync does, in order. */
export interface SyncPlan {
  /** Of the source: what the destination has in the end. */
  readonly target: LocalSnapshot
  readonly steps: readonly ReplicationStep<LocalSnapshot>[]
  /** What the user should know, a line each. */
  readonly notes: readonly string[]
  /** The target is at the destination already: nothing to do. */
  readonly upToDate: boolean
  /** What the destination loses, the oldest first. */
  readonly rollback: readonly LocalSnapshot[]
  /**
   * What the destination is rolled back to, where it has newer snapshots or was
   * written to since. The first step is forced, and `zfs receive -F` does it
   * once the data is in hand (dmu_recv_end_sync), unless `rollbackFirst`.
   */
  readonly rollbackTo: LocalSnapshot | undefined
  /**
   * A snapshot to be lost has the name of one to be received. zfs receives
   * nothing under a name that is taken, forced or not
   * (recv_begin_check_existing_impl): `zfs rollback -r` to `rollbackTo` must
   * come before the first step.
   */
  readonly rollbackFirst: boolean
}
