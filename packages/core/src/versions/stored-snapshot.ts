import type { SnapshotName } from '../snapshot.js'
import type { ArchiveState } from './archive.js'
import type { LocalSnapshot } from './local-snapshot.js'
import type { SendFlag } from './send-flags.js'

/**
 * A snapshot in the store: one object and its metadata. The name is from the key; `ownName` is the
 * name of the snapshot.
 */
export interface StoredSnapshot extends SnapshotName {
  readonly key: string
  /** Bytes of the object; undefined if only the key and `problem` are known. */
  readonly bytes: number | undefined
  /** Time of the upload, epoch seconds, if the store reports it. */
  readonly uploaded: number | undefined
  /** As listed, with quotes, if the store reports it. */
  readonly etag?: string
  /** As listed, if the store reports it: `STANDARD_IA`. */
  readonly storageClass?: string
  /** Number of objects that hold it, if it exceeds one (`continuationKey`). */
  readonly objects?: number
  /**
   * Object Lock: cannot be deleted before, epoch seconds. Undefined: not known, which does not mean
   * that it is not locked.
   */
  readonly lockedUntil?: number | undefined
  /** Object Lock: the store reports a legal hold. */
  readonly legalHold?: boolean
  /** Undefined: not known to be in an archive. */
  readonly archive?: ArchiveState
  /** Estimated bytes of the stream before it was compressed. */
  readonly size: number | undefined
  /** The parent, `dataset@snapshot`; undefined: a full stream. */
  readonly parent: string | undefined
  /** The parent cannot be determined, so any object may be the parent. */
  readonly isParentUnknown?: true
  /** Undefined in objects that z3 wrote. */
  readonly guid: string | undefined
  /** The guid of the parent. */
  readonly parentGuid: string | undefined
  /** When the snapshot was taken, epoch seconds. */
  readonly created: number | undefined
  /** Undefined: the stream is not compressed. */
  readonly compressor: string | undefined
  /** Undefined: not encrypted, except with z3's compressor `gpg`. */
  readonly encryptor: string | undefined
  readonly sendFlags: readonly SendFlag[]
  /**
   * What follows the `@` of the snapshot, where the object is a full twin: a
   * full stream beside an increment of the same snapshot.
   */
  readonly twinOf?: string | undefined
  /**
   * Why the metadata or the object are unusable, for a message. Such an object is never healthy.
   * Undefined: no problem.
   */
  readonly problem: string | undefined
  /** The problem is not in the metadata: the data are damaged or unreadable. */
  readonly fault?: 'damaged' | 'unreadable' | undefined
  /**
   * How the object differs from its metadata, according to its first bytes. It can still be
   * restored.
   */
  readonly remark?: string
}

/** What follows the `@` of the key of a snapshot's full twin. */
export function twinName(snapshot: string): string {
  return `${snapshot}.full`
}

/** What follows the `@` of a stored snapshot on a host: a twin has the other's. */
export function ownName({ twinOf, snapshot }: Pick<StoredSnapshot, 'twinOf' | 'snapshot'>): string {
  return twinOf ?? snapshot
}

/**
 * The encryption of an object outside ZFS: the encryptor, or z3's compressor `gpg`. Undefined:
 * none.
 */
export function encryptionOf({
  compressor,
  encryptor,
}: Pick<StoredSnapshot, 'compressor' | 'encryptor'>): string | undefined {
  return encryptor ?? (compressor === 'gpg' ? compressor : undefined)
}

/**
 * Whether a local snapshot and a stored one of the same name are the same. Their guids decide;
 * objects of z3 have no guid, so the name decides.
 */
export function isSame(local: LocalSnapshot, stored: StoredSnapshot): boolean {
  return stored.guid === undefined || stored.guid === local.guid
}
