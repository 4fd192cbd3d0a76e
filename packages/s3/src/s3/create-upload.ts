import {
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { systemClock } from '../clock.js'
import type { MultipartUpload, UploadOptions } from '../multipart-upload.js'
import { DEFAULT_COMPLETE_TIMEOUT, type S3Options } from './connection/s3-options.js'
import type { S3Connection, SendOptions } from './connection/s3-connection.js'
import { httpStatus } from './connection/s3-error.js'
import { ensureEncrypted } from './connection/server-encryption.js'
import { findEarlier, hashTerms, type Earlier } from './earlier-upload.js'
import { LostCreates } from './lost-creates.js'
import { prepareLock } from './object-lock.js'
import type { PartChecksum } from './part-checksum.js'
import { S3Upload, type S3UploadTerms } from './s3-upload.js'
import { addNonce } from './upload-metadata.js'

/** Settings of a store, and what it has learned about checksums. */
export interface CreateSettings extends S3Options {
  readonly partChecksum: PartChecksum
}

/**
 * Begin an upload, or continue the earlier one of `options`: `ObjectStore.createUpload`.
 *
 * @throws Z3Error `store-rejected`: the server returned no upload id; those of `prepareLock` and of
 *   the connection
 */
export async function createUpload(
  s3: S3Connection,
  settings: CreateSettings,
  key: string,
  options: UploadOptions,
  signal?: AbortSignal,
): Promise<MultipartUpload> {
  const { profile } = s3
  const { clock = systemClock, firstDelay = 500 } = settings
  const { onNote = () => undefined } = options
  const plain = createInput(s3, settings, key, options)
  const lock = await prepareLock(s3, settings, signal)
  const lost = new LostCreates(s3, key, onNote)
  // a lock counts from the beginning of an upload, and a part encrypted by a key has no MD5
  const isResumable = !lock && s3.encryption.key === undefined
  const { schedule } = options
  const hash = hashTerms({ ...plain, schedule, sse: settings.sse, isResumable })
  const open = ({ uploadId, nonce, checksum }: Earlier['record'], sent?: Earlier['sent']) => {
    const terms: S3UploadTerms = {
      ...{ key, uploadId, nonce, checksum, lock, lost },
      overwrite: options.overwrite,
      signPayload: profile.signPayload || !checksum,
      partChecksum: settings.partChecksum,
      completing: {
        patience: settings.completeTimeout ?? DEFAULT_COMPLETE_TIMEOUT,
        ...{ firstDelay, clock, onNote },
      },
    }
    const record = isResumable ? { uploadId, nonce, checksum, terms: hash } : undefined
    return new S3Upload(s3, terms, record, sent)
  }
  const { earlier: known } = options
  const earlier = known && (await findEarlier(s3, key, known, hash, onNote, signal))
  if (earlier) return open(earlier.record, earlier.sent)

  const { metadata, nonce } = addNonce(options.metadata, options.schedule)
  const input = { ...plain, Metadata: metadata, ...lock?.headers }
  const create = (more: Partial<CreateMultipartUploadCommandInput>, sendOptions: SendOptions) =>
    lost.watch(() =>
      s3.client.send(new CreateMultipartUploadCommand({ ...input, ...more }), sendOptions),
    )
  const { StorageClass: storageClass } = plain
  const begin = s3.send(
    `begin the upload of '${key}'${storageClass ? ` in storage class ${storageClass}` : ''}`,
    async (sendOptions) => {
      if (!asksChecksum(s3, settings) || options.isCopied) return create({}, sendOptions)
      try {
        return await create(
          { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' },
          sendOptions,
        )
      } catch (error) {
        // a server may refuse the checksum request; any other error occurs again without it
        if (httpStatus(error) === 400 || httpStatus(error) === 501) return create({}, sendOptions)
        throw error
      }
    },
    signal,
  )
  const reply = await begin.catch(async (error: unknown) => {
    await lost.abort(undefined)
    throw error
  })
  if (!reply.UploadId) {
    await lost.abort(undefined)
    throw new Z3Error(
      'store-rejected',
      `the server returned no upload id for '${key}' (${s3.title})`,
      { hint: 'This is not an S3 server: check the endpoint.' },
    )
  }
  // AWS echoes both; radosgw 20 omits the type but honours it; if HEAD does not ask for the
  // checksum, none is promised
  const checksum =
    profile.askChecksum &&
    !options.isCopied &&
    reply.ChecksumAlgorithm === 'CRC32' &&
    (reply.ChecksumType ?? 'FULL_OBJECT') === 'FULL_OBJECT'
  const begun = open({ uploadId: reply.UploadId, nonce, checksum, terms: hash })
  try {
    ensureEncrypted(reply, s3.encryption, s3.title)
  } catch (error) {
    await begun.abort()
    throw error
  }
  return begun
}

/** What every Create of these settings asks for. */
function createInput(
  { bucket, profile }: S3Connection,
  settings: CreateSettings,
  key: string,
  options: UploadOptions,
): CreateMultipartUploadCommandInput {
  const storageClass = options.storageClass ?? settings.storageClass ?? profile.storageClass
  const acl = settings.acl ?? profile.acl
  const { tags = [] } = settings
  return {
    Bucket: bucket,
    Key: key,
    Metadata: options.metadata,
    ...(tags.length > 0 && { Tagging: formatTags(tags) }),
    // empty: none requested
    ...(storageClass === undefined || storageClass === ''
      ? {}
      : { StorageClass: storageClass as never }),
    ...(acl === undefined || acl === '' ? {} : { ACL: acl as never }),
  }
}

/** Each part gets one hash: a CRC-32, or a signed SHA-256. */
function asksChecksum(s3: S3Connection, { endpoint, trustedWire }: CreateSettings): boolean {
  const tls = endpoint?.startsWith('https:') ?? true
  return s3.profile.askChecksum && (trustedWire ?? tls)
}

/** As the header has them: a query of a URL. */
function formatTags(tags: readonly (readonly [key: string, value: string])[]): string {
  return tags.map((tag) => tag.map(encodeURIComponent).join('=')).join('&')
}
