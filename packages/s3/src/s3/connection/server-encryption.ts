import { createHash } from 'node:crypto'
import type {
  PutObjectCommandInput,
  PutObjectCommandOutput,
  S3Client,
  UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { httpStatus } from './s3-error.js'

/** Encryption of new objects with a key that the server has. */
export interface ServerEncryption {
  readonly algorithm: 'AES256' | 'aws:kms'
  /** Id, ARN or alias; undefined: the bucket's or the account's. */
  readonly kmsKey?: string | undefined
  /** Undefined: as the bucket says. */
  readonly bucketKey?: boolean | undefined
}

/** How new objects are encrypted by the server. */
export interface Encryption {
  readonly sse?: ServerEncryption | undefined
  /** SSE-C: 32 bytes. */
  readonly key: Uint8Array | undefined
}

type KeyInput = Pick<PutObjectCommandInput, 'SSECustomerAlgorithm' | 'SSECustomerKey'>
type SourceKeyInput = Pick<
  UploadPartCopyCommandInput,
  'CopySourceSSECustomerAlgorithm' | 'CopySourceSSECustomerKey'
>

/** Requests that store a new object, and decide how. */
const STORES = new Set(['PutObjectCommand', 'CreateMultipartUploadCommand'])

/**
 * Further requests about an upload with SSE-C. AWS and radosgw 20 require the key at Complete if the
 * upload has checksums, AWS at ListParts, too.
 */
const UPLOADS = new Set([
  'UploadPartCommand',
  'UploadPartCopyCommand',
  'CompleteMultipartUploadCommand',
  'ListPartsCommand',
])

/** Requests that read an object. */
const READS = new Set(['HeadObjectCommand', 'GetObjectCommand'])

/**
 * Let every request of a client carry the encryption that it needs, in one place, so that no request
 * lacks it. The SDK adds the MD5 of the key. The key becomes a header, never a part of a URL, a
 * message or a log.
 */
export function addEncryption(client: S3Client, { sse, key }: Encryption): void {
  if (!sse && !key) return
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const command = context['commandName'] as string
      const send = (more: object) => next({ ...args, input: { ...args.input, ...more } })
      const stored = STORES.has(command) ? serverInput(sse) : {}
      if (!key) return send(stored)
      const isCopy = command === 'UploadPartCopyCommand'
      const isRead = READS.has(command)
      const own = isRead || STORES.has(command) || UPLOADS.has(command) ? keyInput(key) : {}
      try {
        return await send({ ...stored, ...own, ...(isCopy ? sourceKeyInput(key) : {}) })
      } catch (error) {
        if ((!isRead && !isCopy) || httpStatus(error) !== 400) throw error
        // AWS refuses a key for an object that was stored without one
        return sendWithout(() => send(isCopy ? own : {}), error)
      }
    },
    { step: 'initialize', name: 'encryption', priority: 'high' },
  )
}

/** @param refusal of the request with the key; thrown if the server refuses this one, too */
async function sendWithout<T>(send: () => Promise<T>, refusal: unknown): Promise<T> {
  try {
    return await send()
  } catch (error) {
    const status = httpStatus(error)
    throw status === 400 || status === 403 ? refusal : error
  }
}

function serverInput(sse: ServerEncryption | undefined): Partial<PutObjectCommandInput> {
  if (!sse) return {}
  const { algorithm, kmsKey, bucketKey } = sse
  return {
    ServerSideEncryption: algorithm,
    ...(kmsKey === undefined ? {} : { SSEKMSKeyId: kmsKey }),
    ...(bucketKey === undefined ? {} : { BucketKeyEnabled: bucketKey }),
  }
}

function keyInput(key: Uint8Array): KeyInput {
  // the SDK takes bytes, too, although its type does not say so
  return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key as never }
}

function sourceKeyInput(key: Uint8Array): SourceKeyInput {
  return { CopySourceSSECustomerAlgorithm: 'AES256', CopySourceSSECustomerKey: key as never }
}

/**
 * Check that the server has said that it encrypts: radosgw 16 accepts AES256 and ignores it.
 *
 * @param reply to a PutObject or Create
 * @throws Z3Error `not-implemented`
 */
export function ensureEncrypted(
  reply: Pick<PutObjectCommandOutput, 'ServerSideEncryption' | 'SSECustomerKeyMD5'>,
  { sse, key }: Encryption,
  title: string,
): void {
  if (sse && reply.ServerSideEncryption !== sse.algorithm) {
    throw new Z3Error(
      'not-implemented',
      `the server does not confirm the encryption S3_SSE=${sse.algorithm} (${title})`,
      { hint: 'Encrypt with ENCRYPTOR or S3_SSE_C_KEY_FILE, or remove S3_SSE.' },
    )
  }
  if (key && reply.SSECustomerKeyMD5 !== createHash('md5').update(key).digest('base64')) {
    throw new Z3Error(
      'not-implemented',
      `the server does not confirm the encryption with the SSE-C key (${title})`,
      { hint: 'Encrypt with ENCRYPTOR, and remove S3_SSE_C_KEY_FILE.' },
    )
  }
}

/**
 * SSE-C sends the key with each request.
 *
 * @throws Z3Error `config`: without TLS
 */
export function ensureTls(key: Uint8Array | undefined, endpoint: string | undefined): void {
  if (!key || endpoint === undefined || endpoint.startsWith('https:')) return
  throw new Z3Error('config', `S3_SSE_C_KEY_FILE needs TLS: ${endpoint} is not https`, {
    hint: 'Use an https:// endpoint, or encrypt with ENCRYPTOR.',
  })
}
