import { Z3Error, type ErrorCode } from '../errors.js'
import type { LocalSnapshot } from '../versions/local-snapshot.js'
import type { SyncRequest } from './sync-plan.js'

/**
 * Why a destination cannot take what is to be sent. With `--rollback` it can,
 * where there is a common snapshot up to the target: `diverged`, `ahead` and
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
   * The newest, up to the target, that the source has too (as a snapshot or as
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
