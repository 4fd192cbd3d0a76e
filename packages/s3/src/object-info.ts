import type { ArchiveState, ObjectLimit, PartSchedule, Z3Error } from '@z3/core'
import type { EtagKind } from './etag.js'

/** What a store reports about an object. */
export interface ObjectInfo {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** The ETag from the store, including quotes. */
  readonly etag: string
  /** User metadata; keys in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  /** Nonce of the upload, if the store keeps it. */
  readonly nonce?: string | undefined
  /** When the object was completed, if the store reports it. */
  readonly modified: Date | undefined
  /** CRC-32 of the whole object, if the store keeps one. */
  readonly crc32: number | undefined
  /** The store reports a checksum of any kind. */
  readonly hasChecksum?: boolean
  /** Undefined: not an MD5. */
  readonly etagKind?: EtagKind | undefined
  /** The version of the key, in a bucket with versioning. */
  readonly versionId?: string | undefined
  /**
   * Object Lock: cannot be deleted before, if the store reports it. AWS and Ceph do not report it to
   * credentials without the permission s3:GetObjectRetention.
   */
  readonly lockedUntil?: Date | undefined
  /** Object Lock: the store reports a legal hold, until whose removal it cannot be deleted. */
  readonly legalHold?: boolean
  /** Undefined: the object is in no archive, by its storage class. */
  readonly archive?: ArchiveState | undefined
  /** How it was split into parts, if its metadata says so. */
  readonly partSizes?: PartSchedule | undefined
  /** The objects that hold it, in order, if it exceeds one object. */
  readonly pieces?: readonly ObjectInfo[]
  /** When it is continued, and what it continues, if its metadata says so. */
  readonly objectLimit?: ObjectLimit | undefined
  /** Version id, if this version was asked for. */
  readonly version?: string | undefined
}

/** How an object was split into parts, as far as known. */
export interface ObjectParts {
  /** Bytes of each part. */
  readonly sizes: readonly number[]
  /** Ask the store about every part, if the ETag does not match. */
  confirm(): Promise<boolean>
}

/** An object in a listing. */
export interface ObjectSummary {
  readonly key: string
  /** Bytes. */
  readonly size: number
  readonly etag: string
  readonly modified: Date | undefined
  /** `STANDARD_IA`, if the store has classes. */
  readonly storageClass?: string | undefined
  /** Number of objects that hold it, if it exceeds one object. */
  readonly objects?: number
  /** Version id, in a listing of versions. */
  readonly version?: string | undefined
}

/** What a PUT or a DELETE has left at a key of a bucket with versioning. */
export interface ObjectVersion {
  readonly key: string
  /** `null` if it was written while versioning was off or suspended. */
  readonly version: string
  /** When it was written, by the clock of the store. */
  readonly modified: Date
  readonly isLatest: boolean
  /** Undefined: a delete marker. */
  readonly object: ObjectSummary | undefined
}

/** `off`: never enabled. */
export type Versioning = 'enabled' | 'suspended' | 'off'

/**
 * A listed object that cannot be described: its entry or data is damaged or unreadable. It must not
 * hide the other objects.
 */
export interface DamagedObject {
  readonly key: string
  /** The error that `head` of the key throws. */
  readonly problem: Z3Error
  /** Not proved damaged: access was refused, or reading failed. */
  readonly unreadable?: boolean
}

/** An upload that was neither completed nor aborted. */
export interface PendingUpload {
  readonly key: string
  readonly uploadId: string
  /** When it began, if the store reports it. */
  readonly initiated: Date | undefined
}
