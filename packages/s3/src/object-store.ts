import type { PartLimits, ThawTier } from '@z3/core'
import type { ByteGauge } from './byte-gauge.js'
import type {
  DamagedObject,
  ObjectInfo,
  ObjectParts,
  ObjectSummary,
  ObjectVersion,
  PendingUpload,
  Versioning,
} from './object-info.js'
import type { MultipartUpload, UploadOptions } from './multipart-upload.js'

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
  /** Counts the bytes as they arrive, before it is known whether they are right. */
  readonly gauge?: ByteGauge | undefined
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
  /**
   * Objects whose key begins with `prefix`, sorted by the bytes of the keys.
   *
   * @param after keys up to this one may be left out, which saves requests
   */
  list(
    prefix: string,
    signal?: AbortSignal,
    after?: string,
  ): AsyncIterable<ObjectSummary | DamagedObject>
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
