import { Readable } from 'node:stream'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import {
  CONNECTION_TIMEOUT,
  DEFAULT_IDLE_TIMEOUT,
  type S3Options,
} from './s3-options.js'

/** Header that carries the SHA-256 of the body, or says that none is signed. */
const CONTENT_SHA256 = 'x-amz-content-sha256'

/**
 * A client as the engine wants it: checksums only where we ask for them (the
 * SDK's defaults break Ceph, B2 and others, and cost a second pass over the
 * data), no pause for `100 Continue`, no retries of its own.
 *
 * @param requestHandler of its own for downloads; the SDK's when absent
 */
export function createS3Client(
  options: S3Options,
  requestHandler?: S3ClientConfig['requestHandler'],
): S3Client {
  const { endpoint, region, credentials, connections } = options
  const idle = options.idleTimeout ?? DEFAULT_IDLE_TIMEOUT
  const agent = { keepAlive: true, maxSockets: connections + 4 }
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...regionConfig(region, endpoint),
    ...(credentials ? { credentials } : {}),
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    followRegionRedirects: endpoint === undefined,
    requestHandler: requestHandler ?? {
      connectionTimeout: CONNECTION_TIMEOUT,
      socketTimeout: idle,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
  addPayloadHash(client)
  sliceBodies(client)
  return client
}

function regionConfig(
  region: string | undefined,
  endpoint: string | undefined,
): { region?: string } {
  if (region !== undefined) return { region }
  // the servers that ask for an endpoint seldom care for the region, but the
  // signature needs one, and this is what they expect
  return endpoint === undefined ? {} : { region: 'us-east-1' }
}

/**
 * Hand the signer the hash that was computed while the part was read: it would
 * hash the body itself otherwise, again at every attempt.
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

/** Bytes handed to a TLS connection at once. */
const SLICE = 256 * 1024

/**
 * Over TLS a body is encrypted as fast as it is handed over, and the copy waits
 * in memory for the wire: hand it over in slices, each when the last is gone.
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
