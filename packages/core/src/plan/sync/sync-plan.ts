import { Z3Error, type ErrorCode } from '../../errors.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import type { Policy } from '../policy.js'
import type { ReplicationStep, SourceVersions } from '../diff.js'

/** The source of a sync. */
export interface SyncSource extends SourceVersions<LocalSnapshot> {
  readonly dataset: string
}

/** The destination of a sync. */
export interface SyncDestination {
  readonly dataset: string
  /**
   * All of the dataset, the oldest first; undefined: there is no such dataset.
   */
  readonly snapshots: readonly LocalSnapshot[] | undefined
  /** Written to since its newest snapshot. */
  readonly modified: boolean
  /** Has children. Required if it has no snapshots. */
  readonly hasChildren?: boolean
}

/**
 * The input of the plan of a sync. With `versions: 'all'`, snapshots between two matching ones are
 * sent too. With `onLoss: 'rollback'`, a full stream does not replace a dataset with children or
 * the root dataset of a pool; with `replace` it does.
 */
export interface SyncRequest extends Omit<Policy, 'keep'> {
  readonly source: SyncSource
  readonly destination: SyncDestination
  /** SNAPSHOT_PREFIX of matching snapshots; empty: all match. */
  readonly prefix: string
  /** What follows the `@`; undefined: the newest that matches. */
  readonly upTo: string | undefined
}

/** The plan of a sync, in order. */
export interface SyncPlan {
  /** The last snapshot that the destination gets, at the source. */
  readonly upTo: LocalSnapshot
  readonly steps: readonly ReplicationStep<LocalSnapshot>[]
  /** Notes for the user, one line each. */
  readonly notes: readonly string[]
  /** The wanted snapshot is at the destination already: nothing to do. */
  readonly upToDate: boolean
  /** What the destination loses, the oldest first. */
  readonly rollback: readonly LocalSnapshot[]
  /**
   * The target of the rollback, if the destination has newer snapshots or was changed. The first
   * step is forced, and `zfs receive -F` rolls back after it has received the data
   * (dmu_recv_end_sync), unless `rollbackFirst`.
   */
  readonly rollbackTo: LocalSnapshot | undefined
  /**
   * A snapshot to lose has the name of one to receive. zfs never receives under an existing name,
   * forced or not (recv_begin_check_existing_impl), so `zfs rollback -r` to `rollbackTo` must come
   * first.
   */
  readonly rollbackFirst: boolean
}

/**
 * Why a destination cannot receive the stream. `--rollback` resolves, if there is a common snapshot
 * up to the wanted one, `diverged`, `ahead` and `modified`; and `not-empty`, with `--force-replace`
 * in some cases. Never `no-common` and `name-reused`.
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

/** Source and destination conflict. Nothing was changed. */
export class SyncConflict extends Z3Error {
  readonly kind: SyncConflictKind
  /** All of the source, the oldest first. */
  readonly source: readonly LocalSnapshot[]
  /** All of the destination, the oldest first. */
  readonly destination: readonly LocalSnapshot[]
  /**
   * The newest common snapshot up to the wanted one, as at the destination. The source may have
   * only a bookmark.
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
