import type { PartLimits, PartSchedule, Z3Error } from '@z3/core'
import type { EtagKind } from './etag.js'

/** What a store knows of one object. */
export interface ObjectInfo {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** The entity tag as the store gives it, quotes included. */
  readonly etag: string
  /** User metadata; keys in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  /** Of the upload that made it, where the store keeps one. */
  readonly nonce?: string | undefined
  /** When the object was completed, where the store says. */
  readonly modified: Date | undefined
  /** CRC-32 of the whole object, where the store keeps one. */
  readonly crc32: number | undefined
  /** The store shows a checksum of it, of whatever kind. */
  readonly hasChecksum?: boolean
  /** None: no MD5. */
  readonly etagKind?: EtagKind | undefined
  /** Object Lock: it may not be deleted before, where the store says. */
  readonly lockedUntil?: Date | undefined
  /** Object Lock: it may not be deleted until somebody lifts the legal hold. */
  readonly legalHold?: boolean
  /** How it was cut into parts, where its metadata say so. */
  readonly partSizes?: PartSchedule | undefined
}

/** How an object was cut into parts, as far as is known. */
export interface ObjectParts {
  /** Bytes of each. */
  readonly sizes: readonly number[]
  /** Ask the store about every part: for when the ETag does not fit. */
  confirm(): Promise<boolean>
}

/** What a listing tells of an object. */
export interface ObjectSummary {
  readonly key: string
  /** Bytes. */
  readonly size: number
  readonly etag: string
  readonly modified: Date | undefined
  /** Where the store has classes: `STANDARD_IA`. */
  readonly storageClass?: string | undefined
}

/**
 * An object that a listing finds and cannot describe, since its entry in the
 * store or its data is damaged, or may not be read. It must not hide the
 * objects beside it.
 */
export interface DamagedObject {
  readonly key: string
  /** The error that `head` of the key throws. */
  readonly problem: Z3Error
  /** Nothing is proved wrong: it alone was refused, or reading it failed. */
  readonly unreadable?: boolean
}

/** An upload that was begun and neither completed nor aborted. */
export interface PendingUpload {
  readonly key: string
  readonly uploadId: string
  /** When it was begun, where the store says. */
  readonly initiated: Date | undefined
}

/** What was computed over one part while it was read. */
export interface PartDigest {
  /** CRC-32 (ISO 3309), unsigned. */
  readonly crc32?: number | undefined
  /** SHA-256, hexadecimal. */
  readonly sha256?: string | undefined
}

/** Collects what a store wants to know of a part as its bytes come in. */
export interface PartHasher {
  update(chunk: Uint8Array): void
  digest(): PartDigest
}

/** One part to send. `body` must not change before the promise settles. */
export interface Part {
  /** From 1, without gaps. */
  readonly partNumber: number
  /** Where the part begins in the object, bytes. */
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

export interface UploadOptions {
  readonly metadata: Readonly<Record<string, string>>
  /** The store's own default when undefined. */
  readonly storageClass?: string | undefined
  /** How the object will be cut into parts, to be noted with it. */
  readonly schedule?: PartSchedule | undefined
  /** Replace an object of that key. Else `complete` refuses to. */
  readonly overwrite: boolean
  /** Told what is odd, or was cleaned up, and is no failure. */
  readonly onNote?: ((line: string) => void) | undefined
}

/** An upload in progress. Nothing is to be seen at its key until `complete`. */
export interface MultipartUpload {
  readonly key: string
  readonly uploadId: string
  hasher(): PartHasher
  /** Parts may be sent in any order and several at once. */
  uploadPart(part: Part, signal?: AbortSignal): Promise<UploadedPart>
  /**
   * Make the parts one object, then look at it again: the size, and the ETag
   * or the checksum where the store's kind allows it, must be what was sent.
   *
   * @throws Z3Error `object-exists`, `object-changed`, `size-mismatch`,
   *   `checksum-mismatch`; `checksum-missing`, `completed-unchecked` and
   *   `completion-unknown`, after which it must not be aborted
   */
  complete(parts: readonly UploadedPart[], signal?: AbortSignal): Promise<ObjectInfo>
  /** Drop the upload and all its parts. Dropping it twice is no error. */
  abort(signal?: AbortSignal): Promise<void>
}

export interface ReadOptions {
  /** First byte wanted, from 0. */
  readonly offset: number
  /** Filled from its start; as many bytes are wanted as it is long. */
  readonly into: Uint8Array
  /** Fail with `object-changed` unless the object still has this ETag. */
  readonly etag: string
  /**
   * Bytes of the whole object as `head` told them. Fail with `size-mismatch`
   * where the store now tells another size.
   */
  readonly size: number
  readonly signal?: AbortSignal | undefined
}

/**
 * A place that holds objects: immutable once written, addressed by a key of
 * any UTF-8 text. Every store passes test/object-store-contract.ts.
 *
 * Errors are Z3Error: `no-such-key` only when the store said so; anything that
 * leaves a doubt is another code. Every call takes a signal and throws its
 * reason once it aborts, even while the server does not answer; in a directory
 * after the system call under way.
 */
export interface ObjectStore {
  /** For messages: `bucket 'b' at http://…`. */
  readonly title: string
  readonly limits: PartLimits
  head(key: string, signal?: AbortSignal): Promise<ObjectInfo>
  /**
   * Does the key have an object? Costs one request. An S3 store answers no where the bucket is
   * missing, too: `createUpload` is what reports that.
   */
  exists(key: string, signal?: AbortSignal): Promise<boolean>
  /**
   * How an object was cut into the parts whose MD5s its ETag is made of.
   *
   * @returns undefined where that is not known
   */
  parts?(info: ObjectInfo, signal?: AbortSignal): Promise<ObjectParts | undefined>
  /** Objects whose key begins with `prefix`, by the bytes of their keys. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectSummary | DamagedObject>
  /** Read one range, all of it, or fail. */
  read(key: string, options: ReadOptions): Promise<void>
  /** Write a small object at once. It replaces what has the key. */
  put(key: string, body: Uint8Array, signal?: AbortSignal): Promise<void>
  createUpload(key: string, options: UploadOptions, signal?: AbortSignal): Promise<MultipartUpload>
  /** Pending uploads whose key begins with `prefix`. */
  listUploads(prefix: string, signal?: AbortSignal): AsyncIterable<PendingUpload>
  /**
   * When something was last added to a pending upload, which may be that of a
   * run on another host: the newest time of its parts; while it has none, when
   * it was begun. By the clock of the store.
   *
   * @returns undefined if the upload was completed or aborted since it was
   *   listed, or the store does not tell: nothing says that it stands still.
   *   Swift goes on telling the times of one that was completed; abortUpload
   *   leaves its object alone there, too
   */
  lastActivity(upload: PendingUpload, signal?: AbortSignal): Promise<Date | undefined>
  /**
   * Now, by the clock of the store: that of its last answer, which goes on by
   * the clock of this host. Without an answer that told it, this host's.
   */
  now(): Date
  abortUpload(upload: PendingUpload, signal?: AbortSignal): Promise<void>
  /**
   * Deleting what is not there is no error, as in S3.
   *
   * @param etag delete only an object that has this ETag: atomic where the server knows
   *   `If-Match` for DELETE (AWS, Ceph from Tentacle on), and ignored by others
   * @throws Z3Error `object-changed` where the object has another ETag
   */
  delete(key: string, signal?: AbortSignal, etag?: string): Promise<void>
  /** Let go of connections and threads. */
  close(): void
}
