import {
  UploadPartCommand,
  UploadPartCopyCommand,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { crc32Combine, crc32ToBase64 } from '../crc32.js'
import { completeUpload, type Completion } from './complete-upload.js'
import type { LostCreates } from './lost-creates.js'
import { multipartEtag } from '../etag.js'
import type {
  CopyRange,
  MultipartUpload,
  ObjectInfo,
  Part,
  PartHasher,
  UploadedPart,
} from '../object-store.js'
import { ensureLocked, type ObjectLock } from './object-lock.js'
import { PAYLOAD_HASH, type PayloadHashCarrier } from './connection/s3-client.js'
import type { PartChecksum } from './part-checksum.js'
import { abortUpload } from './pending-uploads.js'
import { partHasher } from '../part-hasher.js'
import type { S3Connection, SendOptions } from './connection/s3-connection.js'

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

/** A multipart upload to S3. */
export class S3Upload implements MultipartUpload {
  readonly key: string
  readonly uploadId: string
  readonly #s3: S3Connection
  readonly #terms: S3UploadTerms

  constructor(s3: S3Connection, terms: S3UploadTerms) {
    this.#s3 = s3
    this.#terms = terms
    this.key = terms.key
    this.uploadId = terms.uploadId
  }

  get #address() {
    const { bucket } = this.#s3
    return { Bucket: bucket, Key: this.key, UploadId: this.uploadId }
  }

  hasher(): PartHasher {
    const { checksum, signPayload, partChecksum } = this.#terms
    const crc32 = checksum || partChecksum.wantsCrc32
    return partHasher({ crc32, sha256: signPayload })
  }

  async uploadPart(part: Part, signal?: AbortSignal): Promise<UploadedPart> {
    const { partNumber, body, digest } = part
    const input: UploadPartCommand['input'] & PayloadHashCarrier = {
      ...this.#address,
      PartNumber: partNumber,
      Body: body,
      ContentLength: body.byteLength,
      [PAYLOAD_HASH]: digest.sha256 ?? 'UNSIGNED-PAYLOAD',
    }
    const reply = await this.#s3.send(
      `upload part ${String(partNumber)} of '${this.key}'`,
      (options) => this.#sendPart(part, input, options),
      signal,
    )
    if (!reply.ETag) {
      throw new Z3Error(
        'store-rejected',
        `the server acknowledged part ${String(partNumber)} of '${this.key}' without an ETag (${this.#s3.title})`,
        { hint: 'This is not an S3 server: check the endpoint.' },
      )
    }
    return {
      partNumber,
      size: body.byteLength,
      etag: reply.ETag,
      crc32: this.#terms.checksum ? digest.crc32 : undefined,
    }
  }

  async #sendPart(
    part: Part,
    input: UploadPartCommand['input'],
    options: SendOptions,
  ): Promise<UploadPartCommandOutput> {
    const { checksum, partChecksum } = this.#terms
    const { crc32 } = part.digest
    for (;;) {
      const headers =
        checksum && crc32 !== undefined
          ? { ChecksumCRC32: crc32ToBase64(crc32) }
          : partChecksum.headers(part)
      try {
        const command = new UploadPartCommand({ ...input, ...headers })
        return await this.#s3.client.send(command, options)
      } catch (error) {
        if (checksum || !partChecksum.learn(error, headers)) throw error
      }
    }
  }

  async copyPart(
    { partNumber }: Pick<Part, 'partNumber'>,
    { bucket, object, offset, size }: CopyRange,
    signal?: AbortSignal,
  ): Promise<UploadedPart> {
    const input = {
      ...this.#address,
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
