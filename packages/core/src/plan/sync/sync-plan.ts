import { Z3Error, type ErrorCode } from '../../errors.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import type { Policy } from '../policy.js'
import type { ReplicationStep, SourceVersions } from '../diff.js'

/** What is sent from. */
export interface SyncSource extends SourceVersions<LocalSnapshot> {
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

/**
 * What a sync is planned from. Of all versions, the ones between two that match are sent
 * as well. With `onLoss: 'rollback'`, a full stream replaces no dataset that has datasets
 * below it, and no root dataset of a pool; with `replace` it does.
 */
export interface SyncRequest extends Omit<Policy, 'keep'> {
  readonly source: SyncSource
  readonly destination: SyncDestination
  /** SNAPSHOT_PREFIX: which snapshots count as matching; empty: all. */
  readonly prefix: string
  /** What follows the `@`; undefined: the newest that matches. */
  readonly upTo: string | undefined
}

/** What a sync does, in order. */
export interface SyncPlan {
  /** Of the source: what the destination has in the end. */
  readonly upTo: LocalSnapshot
  readonly steps: readonly ReplicationStep<LocalSnapshot>[]
  /** What the user should know, a line each. */
  readonly notes: readonly string[]
  /** The wanted snapshot is at the destination already: nothing to do. */
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

/**
 * Why a destination cannot take what is to be sent. With `--rollback` it can,
 * where there is a common snapshot up to the wanted snapshot: `diverged`, `ahead` and
 * `modified`; and `not-empty`, with `--force-replace` in some cases. Never `no-common` and `name-reused`.
 */
export type SyncConflictKind =
  'diverged' | 'no-common' | 'ahead' | 'modified' | 'name-reused' | 'not-empty'

const CODES = {
  diverged: 'destination-diverged',
  ahead: 'destination-ahead',
  modified: 'destination-modified',
  'not-empty': 'dataset-exists',
  'no-common': 'no-common-snapshot',
  'name-reused': 'snapshot-conflict',
} as const satisfies Record<SyncConflictKind, ErrorCode>

/** Source and destination do not fit, and nothing was changed. */
export class SyncConflict extends Z3Error {
  readonly kind: SyncConflictKind
  /** All of the source, the oldest first. */
  readonly source: readonly LocalSnapshot[]
  /** All of the destination, the oldest first. */
  readonly destination: readonly LocalSnapshot[]
  /**
   * The newest, up to the wanted snapshot, that the source has too (as a snapshot or as
   * a bookmark). By its name at the destination.
   */
  readonly common: LocalSnapshot | undefined

  constructor(
    kind: SyncConflictKind,
    message: string,
    hint: string,
    { source, destination }: Pick<SyncRequest, 'source' | 'destination'>,
    common: LocalSnapshot | undefined,
  ) {
    super(CODES[kind], message, { hint })
    this.kind = kind
    this.source = source.snapshots
    this.destination = destination.snapshots ?? []
    this.common = common
  }
}
