import type { SnapshotName } from '../snapshot.js'

/** A snapshot on this host. */
export interface LocalSnapshot extends SnapshotName {
  /** The guid of ZFS: an unsigned 64-bit number, in decimal. */
  readonly guid: string
  /** When it was taken, epoch seconds. */
  readonly created: number
  /**
   * Transaction group of its creation, in decimal. It orders the snapshots and bookmarks of a pool;
   * the resolution of `created` is too low for that.
   */
  readonly createtxg: string
  /** Referenced bytes. */
  readonly referenced: number
}
