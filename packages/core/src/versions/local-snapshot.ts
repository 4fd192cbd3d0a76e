import type { SnapshotName } from '../snapshot.js'

/** A snapshot on this host. */
export interface LocalSnapshot extends SnapshotName {
  /** ZFS's own identity of it: an unsigned 64-bit number, in decimal. */
  readonly guid: string
  /** When it was taken, epoch seconds. */
  readonly created: number
  /**
   * The transaction group it was taken in, in decimal: what orders the
   * snapshots and bookmarks of a pool, which `created` has no resolution for.
   */
  readonly createtxg: string
  /** Bytes that it refers to. */
  readonly referenced: number
}
