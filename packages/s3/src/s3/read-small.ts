import { Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import type { S3Connection } from './connection/s3-connection.js'

/**
 * Read a small object with one GET, without the thread of `RangeReader`: its start and its
 * messages cost more than the bytes.
 *
 * @param most bytes
 * @param version read this version
 * @returns undefined: the object is larger
 */
export async function readSmall(
  s3: S3Connection,
  key: string,
  most: number,
  signal?: AbortSignal,
  version?: string,
): Promise<Uint8Array | undefined> {
  const doing = `read '${key}'`
  return s3.send(
    doing,
    async (options) => {
      const command = new GetObjectCommand({ Bucket: s3.bucket, Key: key, VersionId: version })
      const { Body, ContentLength, ContentEncoding } = await s3.client.send(command, options)
      if (!(Body instanceof Readable)) throw new Error('the response has no body')
      try {
        if (ContentLength !== undefined && ContentLength > most) return undefined
        if (ContentEncoding !== undefined && ContentEncoding !== 'identity') {
          throw new Z3Error(
            'store-rejected',
            `cannot ${doing}: the response is compressed (Content-Encoding: ${ContentEncoding})`,
            { hint: 'Check for a proxy that modifies responses.' },
          )
        }
        return await collect(Body, most, ContentLength)
      } finally {
        Body.destroy()
      }
    },
    signal,
  )
}

/** @param length as announced; Node does not compare a body that the connection's end ends */
async function collect(
  body: Readable,
  most: number,
  length: number | undefined,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let received = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    received += chunk.byteLength
    if (received > most) return undefined
    chunks.push(chunk)
  }
  if (length === undefined || received === length) return Buffer.concat(chunks)
  throw Object.assign(new Error(`${String(received)} of ${String(length)} bytes received`), {
    code: 'ERR_STREAM_PREMATURE_CLOSE',
  })
}
