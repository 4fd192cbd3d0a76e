import type { Bookmark } from '../../bookmark.js'
import type { Policy } from '../policy.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import type { SendFlag } from '../../versions/send-flags.js'
import type { Schedule } from '../../thin/schedule.js'
import type { StoredSnapshot } from '../../versions/stored-snapshot.js'

/**
 * The input of the plan of a backup. The original z3 starts with the newest snapshot. With `onLoss:
 * 'replace'`, a full backup replaces the object of its name.
 */
export interface BackupRequest extends Pick<Policy, 'first' | 'onLoss'> {
  readonly dataset: string
  /** All snapshots of the dataset, oldest first; any of them can be a parent. */
  readonly local: readonly LocalSnapshot[]
  /** All bookmarks of the dataset, in any order. A bookmark replaces a destroyed snapshot as a parent. */
  readonly bookmarks: readonly Bookmark[]
  /** All stored snapshots of the dataset, with any prefix. */
  readonly stored: readonly StoredSnapshot[]
  /** What follows the `@`; undefined: the newest. */
  readonly upTo: string | undefined
  readonly mode: 'incremental' | 'full'
  readonly requested: readonly SendFlag[]
  /** SNAPSHOT_PREFIX: only snapshots that start with it are backed up. */
  readonly prefix: string
  /** Of those, only these: asked of what follows the `@`; undefined: all. */
  readonly only?: ((snapshot: string) => boolean) | undefined
  /** How parents are chosen; undefined: the parent is the snapshot before. */
  readonly retention?: Retention | undefined
  /** New objects are encrypted, by the compressor gpg or by an encryptor. */
  readonly encrypts: boolean
  /** The user allows unencrypted backups after encrypted ones. */
  readonly mayClear: boolean
}

/** One stream to send and store. */
export interface BackupStep {
  readonly snapshot: LocalSnapshot
  /**
   * What follows the `@` of the key. It differs from the name of the snapshot if an increment has
   * that name: `twinName`.
   */
  readonly storedAs: string
  /** The base of the stream; a bookmark if the snapshot was destroyed; undefined: a full stream. */
  readonly base: LocalSnapshot | Bookmark | undefined
  /**
   * The full name of the base in the store, for the metadata of the object. It differs from the
   * name of the base if the snapshot was renamed after the upload.
   */
  readonly parent: string | undefined
  readonly sendFlags: readonly SendFlag[]
  /** Replace the existing object of this name. */
  readonly overwrite: boolean
}

/** How parents are chosen, so that pruning by the schedule needs no upload. */
export interface Retention {
  readonly schedule: Schedule
  /** Seconds after which a new full backup is due. */
  readonly fullEvery: number
}

/** Whether a snapshot is one that is backed up. */
export function isWanted(
  { prefix, only }: BackupRequest,
  { snapshot }: Pick<LocalSnapshot, 'snapshot'>,
): boolean {
  return snapshot.startsWith(prefix) && (only?.(snapshot) ?? true)
}

/** The plan of a backup, in order. */
export interface BackupPlan {
  /** The source's snapshot or bookmark of the newest stored snapshot, up to the wanted one. */
  readonly common: LocalSnapshot | Bookmark | undefined
  readonly steps: readonly BackupStep[]
  /** Notes for the user, one line each. */
  readonly notes: readonly string[]
}
