import { createHash } from 'node:crypto'
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { Z3Error, type PartLimits } from '@z3/core'
import { isDirectoryBucket } from '../etag.js'
import { createUpload } from './create-upload.js'
import { findPartSizes } from './find-part-sizes.js'
import { hasObject, headObject } from './head-object.js'
import { listPages, summaryOf } from './list-pages.js'
import type {
  Deletion,
  ObjectStore,
  ObjectVersions,
  ReadOptions,
  ThawRequest,
} from '../object-store.js'
import type { ObjectInfo, ObjectParts, ObjectSummary, PendingUpload } from '../object-info.js'
import type { MultipartUpload, UploadOptions } from '../multipart-upload.js'
import { RangeReader } from './range/range-reader.js'
import { readSmall } from './read-small.js'
import { PartChecksum } from './part-checksum.js'
import { abortUpload, lastActivity, pendingUploads } from './pending-uploads.js'
import { S3Connection, type SendOptions } from './connection/s3-connection.js'
import { ensureEncrypted } from './connection/server-encryption.js'
import { errorName, httpStatus } from './connection/s3-error.js'
import type { S3Options } from './connection/s3-options.js'
import { thawObject } from './thaw-object.js'
import { s3Versions } from './versions.js'

/** A bucket of an S3 server. */
export class S3Store implements ObjectStore {
  readonly title: string
  readonly limits: PartLimits
  readonly versions: ObjectVersions
  readonly #s3: S3Connection
  readonly #options: S3Options
  readonly #partChecksum = new PartChecksum()
  #reader: RangeReader | undefined

  constructor(options: S3Options) {
    this.#options = options
    this.#s3 = new S3Connection(options)
    this.title = this.#s3.title
    this.versions = s3Versions(this.#s3)
    this.limits = this.#s3.profile.limits
  }

  get bucket(): string | undefined {
    const { bucket } = this.#s3
    // access points and tenants have a notation of their own in x-amz-copy-source
    return bucket.includes(':') ? undefined : bucket
  }

  head(key: string, signal?: AbortSignal): Promise<ObjectInfo> {
    return headObject(this.#s3, key, signal)
  }

  exists(key: string, signal?: AbortSignal): Promise<boolean> {
    return hasObject(this.#s3, key, signal)
  }

  parts(info: ObjectInfo, signal?: AbortSignal): Promise<ObjectParts | undefined> {
    return findPartSizes(this.#s3, info, signal)
  }

  async read(key: string, options: ReadOptions): Promise<void> {
    if (options.into.byteLength === 0) return
    this.#reader ??= new RangeReader(this.#s3, this.#options)
    const reader = this.#reader
    let received = 0
    await this.#s3.send(
      `read '${key}'`,
      (_, progressed) =>
        // each attempt continues where the last one stopped
        reader.read(
          key,
          {
            ...options,
            offset: options.offset + received,
            into: options.into.subarray(received),
          },
          (bytes) => {
            received += bytes
            if (bytes > 0) progressed()
          },
        ),
      options.signal,
    )
  }

  get(
    key: string,
    most: number,
    signal?: AbortSignal,
    version?: string,
  ): Promise<Uint8Array | undefined> {
    return readSmall(this.#s3, key, most, signal, version)
  }

  async *list(prefix: string, signal?: AbortSignal, after?: string): AsyncIterable<ObjectSummary> {
    // directory buckets are not sorted, and refuse StartAfter
    const start =
      after === undefined || isDirectoryBucket(this.#s3.bucket) ? {} : { StartAfter: after }
    const pages = listPages(
      this.#s3,
      {
        doing: `list '${prefix}'`,
        request: (from: string | undefined, options) =>
          this.#s3.client.send(
            new ListObjectsV2Command({
              Bucket: this.#s3.bucket,
              Prefix: prefix,
              ...(from === undefined ? start : { ContinuationToken: from }),
            }),
            options,
          ),
        next: ({ NextContinuationToken: token }) => token || undefined,
      },
      signal,
    )
    for await (const { Contents = [] } of pages) {
      for (const { Key, ...entry } of Contents) {
        if (Key !== undefined) yield summaryOf(Key, entry, this.title)
      }
    }
  }

  async put(key: string, body: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { bucket, client, profile } = this.#s3
    const acl = this.#options.acl ?? profile.acl
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      // buckets with Object Lock require a checksum, and every server supports this one
      ContentMD5: createHash('md5').update(body).digest('base64'),
      ...(acl === undefined || acl === '' ? {} : { ACL: acl as never }),
    })
    const send = (options: SendOptions) => client.send(command, options)
    const reply = await this.#s3.send(`write '${key}'`, send, signal)
    ensureEncrypted(reply, this.#s3.encryption, this.title)
  }

  createUpload(
    key: string,
    options: UploadOptions,
    signal?: AbortSignal,
  ): Promise<MultipartUpload> {
    const settings = { ...this.#options, partChecksum: this.#partChecksum }
    return createUpload(this.#s3, settings, key, options, signal)
  }

  listUploads(prefix: string, signal?: AbortSignal): AsyncIterable<PendingUpload> {
    return pendingUploads(this.#s3, prefix, signal)
  }

  lastActivity(upload: PendingUpload, signal?: AbortSignal): Promise<Date | undefined> {
    return lastActivity(this.#s3, upload, signal)
  }

  now(): Date {
    return this.#s3.clock.now()
  }

  get listsLate(): boolean {
    return this.#s3.isSwift
  }

  abortUpload(upload: PendingUpload, signal?: AbortSignal): Promise<void> {
    return abortUpload(this.#s3, upload, signal)
  }

  async delete(
    key: string,
    signal?: AbortSignal,
    etag?: string,
    version?: string,
  ): Promise<Deletion> {
    const { bucket, client } = this.#s3
    const remove = (options: SendOptions, condition: { IfMatch?: string }) =>
      client.send(
        new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: version, ...condition }),
        options,
      )
    const reply = await this.#s3.send(
      `delete '${key}'`,
      async (options) => {
        // a version never changes, and radosgw refuses the condition for one
        if (etag === undefined || version !== undefined) return remove(options, {})
        try {
          return await remove(options, { IfMatch: etag })
        } catch (error) {
          // with a condition, the server reports a missing object
          if (errorName(error) === 'NoSuchKey') return undefined
          if (httpStatus(error) === 412) {
            throw new Z3Error('object-changed', `'${key}' was replaced (${this.title})`, {
              hint: 'Check whether another run writes to the same key.',
              cause: error,
            })
          }
          // a server may refuse the condition; any other error occurs again without it
          if (httpStatus(error) !== 400 && httpStatus(error) !== 501) throw error
          return remove(options, {})
        }
      },
      signal,
    )
    return reply?.DeleteMarker && version === undefined ? 'hidden' : 'deleted'
  }

  thaw(key: string, request: ThawRequest, signal?: AbortSignal): Promise<void> {
    return thawObject(this.#s3, key, request, signal)
  }

  close(): void {
    this.#s3.close()
    this.#reader?.close()
  }
}
