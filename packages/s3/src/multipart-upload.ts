import type { PartSchedule } from '@z3/core'
import type { ObjectInfo } from './object-info.js'

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
  /** An earlier run had sent it. */
  readonly isReused?: boolean
}

/** What continues an upload after its process has died: JSON. */
export interface UploadRecord {
  readonly uploadId: string
  /** In its metadata. */
  readonly nonce?: string | undefined
  /** The server keeps and checks a CRC-32 of the whole object. */
  readonly checksum: boolean
  /** A hash of what it was created with. */
  readonly terms: string
  /** Of a store in which a stream may exceed one object: the id of the stream. */
  readonly stream?: string | undefined
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
  /**
   * Continue this upload, if it is still pending and was created with the same options. Its parts
   * are not sent again where size and MD5 are those of the stream. No run may be using it.
   */
  readonly earlier?: UploadRecord | undefined
  /** Called with unusual events that are not failures. */
  readonly onNote?: ((line: string) => void) | undefined
}

/** An upload in progress. Nothing is visible at its key until `complete`. */
export interface MultipartUpload {
  readonly key: string
  readonly uploadId: string
  /** Undefined: it cannot be continued. */
  readonly record?: UploadRecord | undefined
  hasher(): PartHasher
  /**
   * The size of the next part, bytes, for an upload that continues in further objects. Called once
   * for each part, before it is read; undefined: the schedule decides.
   *
   * @throws Z3Error `object-exists`, `stream-too-large`, those of `createUpload`
   */
  nextSize?(signal: AbortSignal): Promise<number>
  /**
   * Parts may be sent in any order and in parallel.
   *
   * @param onOverload called for each request that the server refuses or does not answer since it
   *   has too much to do, and that will be repeated
   */
  uploadPart(part: Part, signal?: AbortSignal, onOverload?: () => void): Promise<UploadedPart>
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
