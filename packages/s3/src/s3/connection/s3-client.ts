import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { supportReplay } from '../send/replay.js'
import { supportTemplates } from '../send/request-template.js'
import { addEncryption, type Encryption } from './server-encryption.js'
import type { Agents } from './plain-agents.js'
import { profileFor } from '../../profiles.js'
import {
  DEFAULT_CONNECT_TIMEOUT,
  DEFAULT_IDLE_TIMEOUT,
  type S3Credentials,
  type S3Options,
} from './s3-options.js'

/** Header with the SHA-256 of the body, or a marker for an unsigned body. */
export const CONTENT_SHA256 = 'x-amz-content-sha256'

/** Its value for a request without a body. */
export const HASH_OF_NOTHING = createHash('sha256').digest('hex')

/**
 * A client for the engine: no default checksums (they break Ceph, B2 and others, and cost a second
 * pass over the data), no wait for `100 Continue`, no retries.
 *
 * @param agents closed with the client
 * @param credentials of the options, replaceable: the client reads them again with `forceRefresh`
 * @param encryption by the server
 */
export function createS3Client(
  options: S3Options,
  agents: Agents,
  credentials: { readonly current: S3Credentials | undefined },
  encryption: Encryption = { key: undefined },
): S3Client {
  const { endpoint, region } = options
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...addressing(options),
    ...regionConfig(region, endpoint),
    ...(credentials.current ? { credentials: provider(credentials) } : {}),
    // for the SDK's own credentials: a profile file may have changed
    ...{ ignoreCache: true },
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    followRegionRedirects: endpoint === undefined,
    requestHandler: {
      connectionTimeout: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
      socketTimeout: options.idleTimeout ?? DEFAULT_IDLE_TIMEOUT,
      ...agents,
    },
  })
  // copies every response for a log that nobody reads: 7 µs for each object of a listing
  client.middlewareStack.remove('loggerMiddleware')
  addEncryption(client, encryption)
  addPayloadHash(client)
  sliceBodies(client)
  supportTemplates(client)
  supportReplay(client)
  return client
}

function provider(credentials: {
  readonly current: S3Credentials | undefined
}): () => Promise<S3Credentials> {
  return () => {
    const { current } = credentials
    if (!current) throw new Error('no credentials')
    // the SDK modifies the object
    return Promise.resolve({ ...current })
  }
}

/** Where the bucket is in the URL. */
function addressing({ addressing = 'auto', bucket, endpoint }: S3Options): S3ClientConfig {
  // an access point is always in the host name and contains its region
  if (bucket.startsWith('arn:')) return { useArnRegion: true }
  const inPath =
    addressing === 'path' ||
    (addressing === 'auto' && endpoint !== undefined && !profileFor(endpoint).virtualHosts)
  return { forcePathStyle: inPath }
}

function regionConfig(
  region: string | undefined,
  endpoint: string | undefined,
): { region?: string } {
  if (region !== undefined) return { region }
  // servers with a custom endpoint rarely check the region, but the signature needs one
  return endpoint === undefined ? {} : { region: 'us-east-1' }
}

/**
 * Pass the hash that was computed while reading to the signer, which would otherwise hash the body
 * at every attempt.
 */
function addPayloadHash(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const input = args.input as PayloadHashCarrier
      const hash = input[PAYLOAD_HASH]
      if (hash !== undefined) {
        const request = args.request as { headers: Record<string, string> }
        request.headers[CONTENT_SHA256] = hash
      }
      return next(args)
    },
    { step: 'build', name: 'payloadHash', priority: 'low' },
  )
}

/** Bytes passed to a TLS connection at once. */
const SLICE = 256 * 1024

/**
 * A TLS socket encrypts a body as fast as it is written, and keeps the copy in memory until it is
 * sent: write it in slices, each after the previous one has been sent.
 */
function sliceBodies(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as { protocol?: string; body?: unknown }
      const { protocol, body } = request
      if (protocol === 'https:' && body instanceof Uint8Array) {
        request.body = Readable.from(slices(body), {
          objectMode: false,
          highWaterMark: SLICE,
        })
      }
      return next(args)
    },
    { step: 'deserialize', name: 'sliceBodies', priority: 'low' },
  )
}

function* slices(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += SLICE) {
    yield body.subarray(at, at + SLICE)
  }
}

/** Key of a command's input that the middleware reads; never sent. */
export const PAYLOAD_HASH = Symbol('payload hash')

export interface PayloadHashCarrier {
  readonly [PAYLOAD_HASH]?: string
}
