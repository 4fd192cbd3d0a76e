import type { SnapshotName } from '../snapshot.js'
import type { LocalSnapshot } from './local-snapshot.js'
import type { SendFlag } from './send-flags.js'

/**
 * A snapshot in the store: one object and what its metadata says. Its name is
 * that of the key; `ownName` is the snapshot's.
 */
export interface StoredSnapshot extends SnapshotName {
  readonly key: string
  /** Bytes of the object; undefined where nothing is known but its key and `problem`. */
  readonly bytes: number | undefined
  /** When the object was completed, epoch seconds, where the store says. */
  readonly uploaded: number | undefined
  /** As listed, quotes included, where the store says. */
  readonly etag?: string
  /** As listed, where the store says: `STANDARD_IA`. */
  readonly storageClass?: string
  /** Estimated bytes of the stream before it was compressed. */
  readonly size: number | undefined
  /** What it builds on, `dataset@snapshot`; undefined when it is full. */
  readonly parent: string | undefined
  /** The parent cannot be determined, so any object may be the parent. */
  readonly isParentUnknown?: true
  /** Undefined in objects that z3 wrote. */
  readonly guid: string | undefined
  /** The guid of the snapshot that it builds on. */
  readonly parentGuid: string | undefined
  /** When the snapshot was taken, epoch seconds. */
  readonly created: number | undefined
  /** Undefined: the stream is not compressed. */
  readonly compressor: string | undefined
  /** Undefined: the stream is not encrypted, but for z3's compressor `gpg`. */
  readonly encryptor: string | undefined
  readonly sendFlags: readonly SendFlag[]
  /**
   * What follows the `@` of the snapshot, where the object is a full twin: a
   * full stream beside an increment of the same snapshot.
   */
  readonly twinOf?: string | undefined
  /**
   * What makes the metadata or the object unusable, for a message; such an
   * object is never healthy. Undefined when they are sound.
   */
  readonly problem: string | undefined
  /** The problem is not what the metadata say: the data are wrong, or nothing can be read. */
  readonly fault?: 'damaged' | 'unreadable' | undefined
  /**
   * In what the object differs from its metadata, where its first bytes were
   * looked at and believed. It can be restored all the same.
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
 * What an object is encrypted with, above ZFS: the encryptor, or z3's
 * compressor `gpg`. Undefined: it is not.
 */
export function encryptionOf({
  compressor,
  encryptor,
}: Pick<StoredSnapshot, 'compressor' | 'encryptor'>): string | undefined {
  return encryptor ?? (compressor === 'gpg' ? compressor : undefined)
}

/**
 * Whether a snapshot of this host and a stored one, both of one name, are the
 * same. Their guids decide; what z3 stored has none, and its name must do.
 */
export function isSame(local: LocalSnapshot, stored: StoredSnapshot): boolean {
  return stored.guid === undefined || stored.guid === local.guid
}
