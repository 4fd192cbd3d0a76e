import {
  CompleteMultipartUploadCommand,
  DeleteObjectCommand,
  UploadPartCommand,
  type CompleteMultipartUploadCommandOutput,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { crc32Combine } from './crc32-combine.js'
import { crc32ToBase64 } from './crc32-base64.js'
import { mismatch, type SentObject } from './mismatch.js'
import { multipartEtag } from './multipart-etag.js'
import type {
  MultipartUpload,
  ObjectInfo,
  Part,
  PartHasher,
  UploadedPart,
} from './object-store.js'
import { PAYLOAD_HASH, type PayloadHashCarrier } from './s3-client.js'
import { errorName, httpStatus, isUnreachable } from './s3-error.js'
import { objectExists, refuseExisting } from './refuse-existing.js'
import { partHasher } from './s3-hasher.js'
import type { S3Connection } from './s3-connection.js'

/** What Create settled between us and the server. */
export interface S3UploadTerms {
  readonly key: string
  readonly uploadId: string
  readonly overwrite: boolean
  /** The server keeps a CRC-32 of the whole object, and checks it. */
  readonly checksum: boolean
  /** The SHA-256 of every body is signed. */
  readonly signPayload: boolean
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
    const { checksum, signPayload } = this.#terms
    return partHasher({ crc32: checksum, sha256: signPayload })
  }

  async uploadPart(part: Part, signal?: AbortSignal): Promise<UploadedPart> {
    const { partNumber, body, digest } = part
    const input: UploadPartCommand['input'] & PayloadHashCarrier = {
      ...this.#address,
      PartNumber: partNumber,
      Body: body,
      ContentLength: body.byteLength,
      ...(digest.crc32 === undefined
        ? {}
        : { ChecksumCRC32: crc32ToBase64(digest.crc32) }),
      [PAYLOAD_HASH]: digest.sha256 ?? 'UNSIGNED-PAYLOAD',
    }
    const reply = await this.#s3.send(
      `upload part ${String(partNumber)} of '${this.key}'`,
      (options) => this.#s3.client.send(new UploadPartCommand(input), options),
      signal,
    )
    if (!reply.ETag) {
      throw new Z3Error(
        'store-rejected',
        `the server acknowledged part ${String(partNumber)} of '${this.key}' without an ETag (${this.#s3.title})`,
        { hint: 'This is not the answer of an S3 server; check the endpoint.' },
      )
    }
    return {
      partNumber,
      size: body.byteLength,
      etag: reply.ETag,
      crc32: digest.crc32,
    }
  }

  async complete(parts: readonly UploadedPart[]): Promise<ObjectInfo> {
    const sent = {
      size: parts.reduce((sum, part) => sum + part.size, 0),
      etag: multipartEtag(parts.map((part) => part.etag)),
      crc32: this.#terms.checksum ? wholeCrc32(parts) : undefined,
    }
    if (!this.#terms.overwrite && !this.#s3.profile.atomicComplete) {
      // not every server heeds If-None-Match: ask as late as can be
      await refuseExisting(this.#s3, this.key)
    }
    const reply = await this.#completeOnce(parts, sent)
    const info = await this.#s3.head(this.key)
    await this.#check(info, sent, reply?.ETag)
    return info
  }

  /** @returns the reply, or undefined when it was lost but the object stands */
  async #completeOnce(
    parts: readonly UploadedPart[],
    sent: SentObject,
  ): Promise<CompleteMultipartUploadCommandOutput | undefined> {
    const doing = `complete the upload of '${this.key}'`
    let asked = false
    let conditional = !this.#terms.overwrite
    const attempt = async (options: { abortSignal?: AbortSignal }) => {
      // an earlier attempt may have succeeded and only its reply been lost
      if (asked && (await this.#stands(sent))) return undefined
      asked = true
      try {
        return await this.#s3.client.send(
          this.#completeCommand(parts, sent, conditional),
          options,
        )
      } catch (error) {
        if (conditional && httpStatus(error) === 501) {
          conditional = false
          await refuseExisting(this.#s3, this.key)
          return await this.#s3.client.send(
            this.#completeCommand(parts, sent, conditional),
            options,
          )
        }
        throw error
      }
    }
    try {
      return await this.#s3.sendRaw(doing, attempt)
    } catch (error) {
      if (isDoubtful(error) && (await this.#stands(sent))) return undefined
      if (isConflict(error)) throw objectExists(this.#s3, this.key, error)
      throw this.#s3.explain(error, doing)
    }
  }

  #completeCommand(
    parts: readonly UploadedPart[],
    sent: SentObject,
    conditional: boolean,
  ): CompleteMultipartUploadCommand {
    return new CompleteMultipartUploadCommand({
      ...this.#address,
      MultipartUpload: {
        Parts: parts.map(({ partNumber, etag, crc32 }) => ({
          PartNumber: partNumber,
          ETag: etag,
          ...(crc32 === undefined
            ? {}
            : { ChecksumCRC32: crc32ToBase64(crc32) }),
        })),
      },
      ...(sent.crc32 === undefined
        ? {}
        : {
            ChecksumType: 'FULL_OBJECT',
            ChecksumCRC32: crc32ToBase64(sent.crc32),
            MpuObjectSize: sent.size,
          }),
      ...(conditional ? { IfNoneMatch: '*' } : {}),
    })
  }

  /** Does the key hold what we sent? */
  async #stands(sent: SentObject): Promise<boolean> {
    try {
      const info = await this.#s3.head(this.key)
      return info.size === sent.size && info.etag === sent.etag
    } catch (error) {
      if (error instanceof Z3Error && error.code === 'no-such-key') return false
      throw error
    }
  }

  /** Compare what stands at the key with what was sent. */
  async #check(
    info: ObjectInfo,
    sent: SentObject,
    replied: string | undefined,
  ): Promise<void> {
    const problem = mismatch(info, sent, this.#terms.checksum)
    if (problem === undefined) return
    // remove only what our own Complete made, never another writer's object
    const ours =
      replied !== undefined && replied !== '' && replied === info.etag
    if (ours) {
      await this.#s3.send(`delete '${this.key}'`, (options) =>
        this.#s3.client.send(
          new DeleteObjectCommand({ Bucket: this.#s3.bucket, Key: this.key }),
          options,
        ),
      )
    }
    throw new Z3Error(
      info.size === sent.size ? 'checksum-mismatch' : 'size-mismatch',
      `the completed object '${this.key}' ${problem} (${this.#s3.title})`,
      {
        hint: ours
          ? 'It was deleted again; run the backup again and report this to whoever runs the server.'
          : 'It may be the work of another program and was left alone; look at it before you trust it.',
      },
    )
  }

  async abort(signal?: AbortSignal): Promise<void> {
    await this.#s3.abortUpload(this.#address, signal)
  }
}

function wholeCrc32(parts: readonly UploadedPart[]): number {
  return parts.reduce(
    (crc, part) => crc32Combine(crc, part.crc32 ?? 0, part.size),
    0,
  )
}

/** May the request have been carried out all the same? */
function isDoubtful(error: unknown): boolean {
  const status = httpStatus(error)
  return (
    isUnreachable(error) ||
    errorName(error) === 'NoSuchUpload' ||
    isConflict(error) ||
    (status !== undefined && status >= 500)
  )
}

function isConflict(error: unknown): boolean {
  return (
    httpStatus(error) === 412 ||
    errorName(error) === 'ConditionalRequestConflict'
  )
}
