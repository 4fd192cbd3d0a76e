import type {
  ArchiveState,
  ObjectLimit,
  PartLimits,
  PartSchedule,
  ThawTier,
  Z3Error,
} from '@z3/core'
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

/** The versions of the objects of a bucket. */
export interface ObjectVersions {
  /** @returns undefined if the credentials may not read it */
  status(signal?: AbortSignal): Promise<Versioning | undefined>
  /**
   * The versions of the objects whose key begins with `prefix`, those of one key together, the
   * newest first.
   *
   * @throws Z3Error `not-implemented` if the server has none
   */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectVersion>
  head(key: string, version: string, signal?: AbortSignal): Promise<ObjectInfo>
}

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

/** Hashes of a part; those that were not computed while it was read are missing. */
export interface PartDigest {
  /** CRC-32 (ISO 3309), unsigned. */
  readonly crc32?: number | undefined
  /** SHA-256, hexadecimal. */
  readonly sha256?: string | undefined
  /** MD5, base64. */
  readonly md5?: string | undefined
}

/** A hash, by its name in `PartDigest`. */
export type HashKind = keyof PartDigest

/** Computes the hashes that a store needs from the bytes of a part as they arrive. */
export interface PartHasher {
  update(chunk: Uint8Array): void
  digest(): PartDigest
}

/** A part to send. `body` must not change before the promise settles. */
export interface Part {
  /** From 1, without gaps. */
  readonly partNumber: number
  /** Offset of the part in the object, bytes. */
  readonly offset: number
  readonly body: Uint8Array
  readonly digest: PartDigest
}

/** A part that the store has acknowledged. */
export interface UploadedPart {
  readonly partNumber: number
  /** Bytes. */
  readonly size: number
  readonly etag: string
  readonly crc32: number | undefined
}

/** A range of an object that the server copies. */
export interface CopyRange {
  readonly bucket: string
  /** The copy fails if its ETag has changed. */
  readonly object: ObjectInfo
  /** First byte, from 0. */
  readonly offset: number
  /** Bytes. */
  readonly size: number
}

export interface UploadOptions {
  readonly metadata: Readonly<Record<string, string>>
  /** Undefined: the store's default. */
  readonly storageClass?: string | undefined
  /** How the object will be split into parts, stored in its metadata. */
  readonly schedule?: PartSchedule | undefined
  /** Its parts are copied by the server, which computes no checksum for them. */
  readonly isCopied?: boolean
  /** Replace an existing object. Otherwise `complete` refuses to. */
  readonly overwrite: boolean
  /** Called with unusual events that are not failures. */
  readonly onNote?: ((line: string) => void) | undefined
}

/** An upload in progress. Nothing is visible at its key until `complete`. */
export interface MultipartUpload {
  readonly key: string
  readonly uploadId: string
  hasher(): PartHasher
  /**
   * The size of the next part, bytes, for an upload that continues in further objects. Called once
   * for each part, before it is read; undefined: the schedule decides.
   *
   * @throws Z3Error `object-exists`, `stream-too-large`, those of `createUpload`
   */
  nextSize?(signal: AbortSignal): Promise<number>
  /** Parts may be sent in any order and in parallel. */
  uploadPart(part: Part, signal?: AbortSignal): Promise<UploadedPart>
  /** Copy a part from an object of the same server, if the server can. */
  copyPart?(
    part: Pick<Part, 'partNumber' | 'offset'>,
    from: CopyRange,
    signal?: AbortSignal,
  ): Promise<UploadedPart>
  /**
   * Combine the parts to an object, then check it: the size and, if the kind of the store allows
   * it, the ETag or checksum must match what was sent.
   *
   * @throws Z3Error `object-exists`, `object-changed`, `size-mismatch`, `checksum-mismatch`;
   *   `checksum-missing`, `completed-unchecked`, `completion-unknown` and `not-locked`, after which
   *   it must not be aborted
   */
  complete(parts: readonly UploadedPart[], signal?: AbortSignal): Promise<ObjectInfo>
  /** Discard the upload and all its parts. Aborting twice is not an error. */
  abort(signal?: AbortSignal): Promise<void>
}

export interface ReadOptions {
  /** First byte, from 0. */
  readonly offset: number
  /** Buffer to fill completely; its length is the length of the range. */
  readonly into: Uint8Array
  /** Fail with `object-changed` if the object's ETag differs. */
  readonly etag: string
  /**
   * Size of the whole object from `head`, bytes. Fail with `size-mismatch` if the store now reports
   * another.
   */
  readonly size: number
  /** Read this version. Only for a store with `versions`. */
  readonly version?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** How to thaw an archived object. */
export interface ThawRequest {
  readonly tier: ThawTier
  /** Days to keep the thawed copy; undefined: the archive moves the object back instead. */
  readonly days: number | undefined
  /** Thaw this version. */
  readonly version?: string | undefined
}

/** `hidden`: by a delete marker; the version stays. */
export type Deletion = 'deleted' | 'hidden'

/**
 * A place for objects: immutable once written, addressed by keys of any UTF-8 text. Every store
 * passes test/object-store-contract.ts.
 *
 * Errors are Z3Error: `no-such-key` only if the store said so; any doubt has another code. Every
 * call takes a signal and throws its reason once it aborts, even if the server does not respond; a
 * directory first finishes the current system call.
 */
export interface ObjectStore {
  /** For messages: `bucket 'b' at http://…`. */
  readonly title: string
  readonly limits: PartLimits
  /** The bucket from which its server can copy; undefined: it cannot. */
  readonly bucket?: string | undefined
  /** Undefined: the store keeps nothing that was replaced or deleted. */
  readonly versions?: ObjectVersions | undefined
  /** The store is read-only, and shows what it contained at this time. */
  readonly asOf?: Date | undefined
  head(key: string, signal?: AbortSignal): Promise<ObjectInfo>
  /**
   * Whether the key has an object. Costs one request. An S3 store also returns false if the bucket
   * does not exist; `createUpload` reports that.
   */
  exists(key: string, signal?: AbortSignal): Promise<boolean>
  /**
   * The parts whose MD5s the ETag of an object is made of.
   *
   * @returns undefined if unknown
   */
  parts?(info: ObjectInfo, signal?: AbortSignal): Promise<ObjectParts | undefined>
  /** Objects whose key begins with `prefix`, sorted by the bytes of the keys. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectSummary | DamagedObject>
  /** Read one complete range, or fail. */
  read(key: string, options: ReadOptions): Promise<void>
  /**
   * Read a small object at once: one request.
   *
   * @param most bytes
   * @param version read this version, in a bucket with versioning
   * @returns undefined: the object is larger
   */
  get(
    key: string,
    most: number,
    signal?: AbortSignal,
    version?: string,
  ): Promise<Uint8Array | undefined>
  /** Write a small object at once, replacing an existing one. */
  put(key: string, body: Uint8Array, signal?: AbortSignal): Promise<void>
  createUpload(key: string, options: UploadOptions, signal?: AbortSignal): Promise<MultipartUpload>
  /** Pending uploads whose key begins with `prefix`. */
  listUploads(prefix: string, signal?: AbortSignal): AsyncIterable<PendingUpload>
  /**
   * When the last part was added to a pending upload, which may belong to a run on another host;
   * when it began if it has no parts. By the clock of the store.
   *
   * @returns undefined if the upload was completed or aborted since it was listed, or the store
   *   does not report times: then nothing proves that it is inactive. Swift keeps reporting the
   *   times of a completed upload; abortUpload does not harm its object there
   */
  lastActivity(upload: PendingUpload, signal?: AbortSignal): Promise<Date | undefined>
  /**
   * The current time of the store: the Date of its last response, advanced by the clock of this
   * host; the time of this host before the first response.
   */
  now(): Date
  abortUpload(upload: PendingUpload, signal?: AbortSignal): Promise<void>
  /**
   * Whether a listing may lack what was written just before, as the server's last response shows:
   * OpenStack Swift has container servers that learn of an object later. Undefined: no.
   */
  readonly listsLate?: boolean | undefined
  /**
   * Deleting a nonexistent object is not an error, as in S3. In a bucket with versioning, the object
   * is hidden by a delete marker, and its version stays.
   *
   * @param etag delete only an object with this ETag: atomic if the server supports `If-Match` for
   *   DELETE (AWS, Ceph from Tentacle on), ignored by others
   * @param version delete this version for good, without a delete marker
   * @throws Z3Error `object-changed` if the object has another ETag; `object-locked`
   */
  delete(key: string, signal?: AbortSignal, etag?: string, version?: string): Promise<Deletion>
  /**
   * Ask the store to make an archived object readable, which takes minutes to days: `head` shows
   * the progress. Asking again is not an error. Undefined: the store has no archives.
   *
   * @throws Z3Error `access-denied`; `store-rejected` if the store does not thaw the object
   */
  readonly thaw?:
    ((key: string, request: ThawRequest, signal?: AbortSignal) => Promise<void>) | undefined
  /** Close connections and threads. */
  close(): void
}
