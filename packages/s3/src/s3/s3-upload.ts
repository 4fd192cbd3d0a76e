import { UploadPartCopyCommand } from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { crc32Combine } from '../crc32.js'
import { completeUpload, type Completion } from './complete-upload.js'
import type { LostCreates } from './lost-creates.js'
import type { SentPart } from './earlier-upload.js'
import { multipartEtag } from '../etag.js'
import type { ObjectInfo } from '../object-info.js'
import type {
  CopyRange,
  HashKind,
  MultipartUpload,
  Part,
  PartDigest,
  PartHasher,
  UploadedPart,
  UploadRecord,
} from '../multipart-upload.js'
import { ensureLocked, type ObjectLock } from './object-lock.js'
import { checksumHeader, type PartChecksum } from './part-checksum.js'
import { abortUpload } from './pending-uploads.js'
import { partHasher } from '../part-hasher.js'
import type { S3Connection, SendOptions } from './connection/s3-connection.js'
import { isOverload } from './connection/s3-error.js'
import { PartSender } from './send/put-part.js'
import type { Sender } from './send/sender.js'

/** What Create agreed with the server. */
export interface S3UploadTerms {
  readonly key: string
  readonly uploadId: string
  readonly overwrite: boolean
  /** The server keeps and checks a CRC-32 of the whole object. */
  readonly checksum: boolean
  /** Sign the SHA-256 of every body. */
  readonly signPayload: boolean
  /** Checksums of parts if the server keeps no CRC-32. */
  readonly partChecksum: PartChecksum
  /** In the metadata; undefined if it did not fit. */
  readonly nonce: string | undefined
  /** Undefined: no lock was asked for. */
  readonly lock: ObjectLock | undefined
  readonly lost: LostCreates
  readonly completing: Pick<Completion, 'patience' | 'firstDelay' | 'clock' | 'onNote'>
}

/** A part that is being sent, and its hashes as far as computed. */
interface Hashing {
  readonly part: Part
  readonly sender: Sender
  digest: PartDigest
}

/** A multipart upload to S3. */
export class S3Upload implements MultipartUpload {
  readonly key: string
  readonly uploadId: string
  readonly #s3: S3Connection
  readonly #terms: S3UploadTerms
  readonly #parts: PartSender
  /** A part is being read, or was. */
  #begun = false
  readonly record: UploadRecord | undefined
  /** Parts of an earlier run. */
  readonly #sent: ReadonlyMap<number, SentPart>

  constructor(
    s3: S3Connection,
    terms: S3UploadTerms,
    record?: UploadRecord,
    sent: ReadonlyMap<number, SentPart> = new Map(),
  ) {
    this.#s3 = s3
    this.#terms = terms
    this.record = record
    this.#sent = sent
    this.#parts = new PartSender(s3, terms.key, terms.uploadId)
    this.key = terms.key
    this.uploadId = terms.uploadId
  }

  hasher(): PartHasher {
    const { senders } = this.#s3
    // a stream of one part needs no threads
    if (this.#begun) senders.start(this.#terms.completing.onNote)
    this.#begun = true
    return partHasher(senders.canHash ? [] : this.#hashes(this.#checksumKind))
  }

  async uploadPart(
    part: Part,
    signal?: AbortSignal,
    onOverload?: () => void,
  ): Promise<UploadedPart> {
    const { partNumber, body } = part
    const hashing = { part, sender: this.#s3.senders.next(), digest: part.digest }
    const reused = await this.#findSent(hashing)
    if (reused) return reused
    const etag = await this.#s3.send(
      `upload part ${String(partNumber)} of '${this.key}'`,
      async (options) => {
        try {
          return await this.#sendPart(hashing, options)
        } catch (error) {
          if (isOverload(error)) onOverload?.()
          throw error
        }
      },
      signal,
    )
    if (!etag) {
      throw new Z3Error(
        'store-rejected',
        `the server acknowledged part ${String(partNumber)} of '${this.key}' without an ETag (${this.#s3.title})`,
        { hint: 'This is not an S3 server: check the endpoint.' },
      )
    }
    return {
      partNumber,
      size: body.byteLength,
      etag,
      crc32: this.#terms.checksum ? hashing.digest.crc32 : undefined,
    }
  }

  /** The part of an earlier run, if it is equal; the hashes of the part are kept. */
  async #findSent(hashing: Hashing): Promise<UploadedPart | undefined> {
    const { part, sender } = hashing
    const { partNumber, body } = part
    const { checksum } = this.#terms
    const sent = this.#sent.get(partNumber)
    if (sent?.size !== body.byteLength) return undefined
    const missing = checksum && part.digest.crc32 === undefined ? (['crc32'] as const) : []
    const { md5 = '', ...digest } = await sender.hash(body, ['md5', ...missing])
    hashing.digest = { ...part.digest, ...digest }
    // the ETag of a part is its MD5, except with keys of the server (AWS: SSE-KMS)
    if (sent.etag.replaceAll('"', '') !== Buffer.from(md5, 'base64').toString('hex')) {
      return undefined
    }
    const crc32 = checksum ? hashing.digest.crc32 : undefined
    return { partNumber, size: sent.size, etag: sent.etag, crc32, isReused: true }
  }

  async #sendPart(hashing: Hashing, options: SendOptions): Promise<string | undefined> {
    const { part, sender } = hashing
    const { checksum, partChecksum } = this.#terms
    for (;;) {
      const kind = this.#checksumKind
      const missing = this.#hashes(kind).filter((hash) => hashing.digest[hash] === undefined)
      if (missing.length > 0) {
        hashing.digest = { ...hashing.digest, ...(await sender.hash(part.body, missing)) }
      }
      const { digest } = hashing
      const { sha256 } = this.#terms.signPayload ? digest : { sha256: undefined }
      const request = { part, checksum: checksumHeader(kind, digest), sha256 }
      try {
        return await this.#parts.put(request, sender, options)
      } catch (error) {
        if (checksum || !partChecksum.learn(error, kind)) throw error
      }
    }
  }

  /** The checksum that is sent with a part. */
  get #checksumKind(): PartChecksum['kind'] {
    const { checksum, partChecksum } = this.#terms
    return checksum ? 'crc32' : partChecksum.kind
  }

  /** The hashes that a part needs. */
  #hashes(kind: PartChecksum['kind']): HashKind[] {
    return [
      ...(kind === 'none' ? [] : [kind]),
      ...(this.#terms.signPayload ? (['sha256'] as const) : []),
    ]
  }

  async copyPart(
    { partNumber }: Pick<Part, 'partNumber'>,
    { bucket, object, offset, size }: CopyRange,
    signal?: AbortSignal,
  ): Promise<UploadedPart> {
    const input = {
      Bucket: this.#s3.bucket,
      Key: this.key,
      UploadId: this.uploadId,
      PartNumber: partNumber,
      CopySource: `${bucket}/${object.key.split('/').map(encodeURIComponent).join('/')}`,
      CopySourceIfMatch: object.etag,
      // AWS refuses ranges of objects below 5 MiB
      ...(size === object.size
        ? {}
        : { CopySourceRange: `bytes=${String(offset)}-${String(offset + size - 1)}` }),
    }
    const { CopyPartResult: copied } = await this.#s3.send(
      `copy part ${String(partNumber)} of '${this.key}'`,
      (options) => this.#s3.client.send(new UploadPartCopyCommand(input), options),
      signal,
    )
    if (!copied?.ETag) {
      throw new Z3Error(
        'not-implemented',
        `the server copied part ${String(partNumber)} of '${this.key}' without an ETag (${this.#s3.title})`,
        { hint: 'The server cannot copy parts.' },
      )
    }
    return { partNumber, size, etag: copied.ETag, crc32: undefined }
  }

  async complete(parts: readonly UploadedPart[], signal?: AbortSignal): Promise<ObjectInfo> {
    const { overwrite, checksum, nonce, lock, completing } = this.#terms
    // servers differ in what becomes of a part that Complete does not name: Ceph refuses it
    if ([...this.#sent.keys()].some((partNumber) => partNumber > parts.length)) {
      throw new Z3Error(
        'store-rejected',
        `the earlier upload of '${this.key}' has more parts than the stream (${this.#s3.title})`,
        { hint: 'The stream was not stored. Retry: a new upload will begin.' },
      )
    }
    const sent = {
      size: parts.reduce((sum, part) => sum + part.size, 0),
      etag: multipartEtag(parts.map((part) => part.etag)),
      crc32: checksum ? wholeCrc32(parts) : undefined,
      nonce,
    }
    const { key, uploadId } = this
    const completion = { key, uploadId, overwrite, parts, sent, ...completing }
    try {
      const info = await completeUpload(this.#s3, completion, signal)
      return lock ? await ensureLocked(this.#s3, lock, info, signal) : info
    } finally {
      await this.#terms.lost.abort(uploadId)
    }
  }

  async abort(signal?: AbortSignal): Promise<void> {
    try {
      await abortUpload(this.#s3, this, signal)
    } finally {
      await this.#terms.lost.abort(this.uploadId)
    }
  }
}

function wholeCrc32(parts: readonly UploadedPart[]): number {
  return parts.reduce((crc, part) => crc32Combine(crc, part.crc32 ?? 0, part.size), 0)
}
