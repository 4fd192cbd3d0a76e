import type { SnapshotName } from './snapshot.js'

/** A snapshot on this host. */
export interface LocalSnapshot extends SnapshotName {
  /** ZFS's own identity of it: an unsigned 64-bit number, in decimal. */
  readonly guid: string
  /** When it was taken, epoch seconds. */
  readonly created: number
  /** Bytes that it refers to. */
  readonly referenced: number
}
