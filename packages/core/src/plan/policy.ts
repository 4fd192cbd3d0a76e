import type { KeepCommon } from './sync/sync-marks.js'

/**
 * How a source is replicated to a target: plain data, which the options of each program
 * choose. The planners read of it what their program leaves open.
 */
export interface Policy {
  /** What a target begins with that has nothing in common with the source. */
  readonly first: 'oldest' | 'newest'
  /** Which versions are sent: all, those with the prefix, or those of this backup. */
  readonly versions: 'all' | 'matching' | 'managed'
  /**
   * What the target has and would lose: stop, before anything is changed; roll it back to
   * the common version; replace the whole of it, too; destroy the snapshots that no
   * stream can pass.
   */
  readonly onLoss: 'refuse' | 'rollback' | 'replace' | 'destroy'
  /** One stream for each version, or as few as possible (`zfs send -I`). */
  readonly stream: 'each' | 'between'
  /** What keeps the newest common version at the source. */
  readonly keep: KeepCommon
}
