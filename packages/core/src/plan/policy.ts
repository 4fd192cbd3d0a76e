import type { KeepCommon } from './sync/sync-marks.js'

/**
 * How a source is replicated to a target: plain data, selected by the options of each program. Each
 * planner uses the fields that its program leaves open.
 */
export interface Policy {
  /** The first stream for a target without a common snapshot. */
  readonly first: 'oldest' | 'newest'
  /** Which versions are sent: all, those with the prefix, or those of this backup. */
  readonly versions: 'all' | 'matching' | 'managed'
  /**
   * If the target would lose something: stop before any change; roll back to the common version;
   * also replace the whole dataset; destroy the snapshots that block the stream.
   */
  readonly onLoss: 'refuse' | 'rollback' | 'replace' | 'destroy'
  /** One stream per version, or as few as possible (`zfs send -I`). */
  readonly stream: 'each' | 'between'
  /** What protects the newest common version at the source. */
  readonly keep: KeepCommon
}
