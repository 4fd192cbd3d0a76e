import type { Bookmark } from '../../bookmark.js'
import type { Policy } from '../policy.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import type { SendFlag } from '../../versions/send-flags.js'
import type { Schedule } from '../../thin/schedule.js'
import type { StoredSnapshot } from '../../versions/stored-snapshot.js'

/**
 * What a backup is planned from. The original z3 begins with the newest snapshot. With
 * `onLoss: 'replace'`, a full backup replaces the object that has its name.
 */
export interface BackupRequest extends Pick<Policy, 'first' | 'onLoss'> {
  readonly dataset: string
  /** All of the dataset, the oldest first: any may be a parent. */
  readonly local: readonly LocalSnapshot[]
  /** All of the dataset, in any order: what a snapshot that is gone may be built upon by. */
  readonly bookmarks: readonly Bookmark[]
  /** All of the dataset, of whatever prefix. */
  readonly stored: readonly StoredSnapshot[]
  /** What follows the `@`; undefined: the newest. */
  readonly upTo: string | undefined
  readonly mode: 'incremental' | 'full'
  readonly requested: readonly SendFlag[]
  /** SNAPSHOT_PREFIX: only what begins with it is backed up. */
  readonly prefix: string
  /** Of those, only these: asked of what follows the `@`; undefined: all. */
  readonly only?: ((snapshot: string) => boolean) | undefined
  /** How parents are chosen; undefined: each snapshot builds on the one before. */
  readonly retention?: Retention | undefined
  /** New objects are encrypted, by the compressor gpg or by an encryptor. */
  readonly encrypts: boolean
  /** It was said that what was encrypted before may be stored in clear. */
  readonly mayClear: boolean
}

/** One stream to send and store. */
export interface BackupStep {
  readonly snapshot: LocalSnapshot
  /**
   * What follows the `@` of the key. It is not the snapshot's own name where an
   * increment of the snapshot has that: `twinName`.
   */
  readonly storedAs: string
  /** What the stream starts from; a bookmark where the snapshot is gone; undefined: a full one. */
  readonly base: LocalSnapshot | Bookmark | undefined
  /**
   * The full name under which the store has the base, or will have it: what
   * the object's metadata must say. It is not the base's own name when the
   * snapshot was renamed after it was stored.
   */
  readonly parent: string | undefined
  readonly sendFlags: readonly SendFlag[]
  /** An object of this name is there, and is to be replaced. */
  readonly overwrite: boolean
}

/** How parents are chosen, so that pruning by the schedule never needs an upload. */
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

/** What a backup does, in order. */
export interface BackupPlan {
  /** The newest that is stored already, up to the wanted one, and what the source has of it. */
  readonly common: LocalSnapshot | Bookmark | undefined
  readonly steps: readonly BackupStep[]
  /** What the user should know, a line each. */
  readonly notes: readonly string[]
}
