import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { httpStatus } from '../s3/connection/s3-error.js'
import type { S3Connection } from '../s3/connection/s3-connection.js'

/** How a server treats `If-None-Match: *` on the Complete of an upload to a key that exists. */
export type Condition = 'honoured' | 'ignored' | 'refused'

/**
 * Try to complete a small upload to a key that has an object, on the condition that it has none.
 * Aborts the upload; if the server ignores the condition, the object is replaced.
 *
 * @param key of an object that may be replaced
 * @param onAbortFailed told why the upload may be pending
 */
export async function probeCondition(
  s3: S3Connection,
  key: string,
  signal?: AbortSignal,
  onAbortFailed: (error: unknown) => void = () => undefined,
): Promise<Condition> {
  const target = { Bucket: s3.bucket, Key: key }
  const body = Buffer.from('z3 doctor')
  const { UploadId } = await s3.send(
    `begin the upload of '${key}'`,
    (options) => s3.client.send(new CreateMultipartUploadCommand(target), options),
    signal,
  )
  const part = new UploadPartCommand({
    ...{ ...target, UploadId, PartNumber: 1, Body: body },
    // buckets with Object Lock require a checksum
    ContentMD5: createHash('md5').update(body).digest('base64'),
  })
  const upload = { isComplete: false }
  try {
    const { ETag } = await s3.send(
      `upload part 1 of '${key}'`,
      (options) => s3.client.send(part, options),
      signal,
    )
    const complete = new CompleteMultipartUploadCommand({
      ...{ ...target, UploadId, IfNoneMatch: '*' },
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    })
    return await s3.send(
      `complete the upload of '${key}'`,
      async (options) => {
        try {
          await s3.client.send(complete, options)
          upload.isComplete = true
          return 'ignored'
        } catch (error) {
          const status = httpStatus(error)
          if (status === 412 || status === 409) return 'honoured'
          if (status === 400 || status === 501) return 'refused'
          throw error
        }
      },
      signal,
    )
  } finally {
    if (!upload.isComplete) {
      await s3.client
        .send(new AbortMultipartUploadCommand({ ...target, UploadId }), {
          abortSignal: AbortSignal.timeout(10_000),
        })
        .catch(onAbortFailed)
    }
  }
}
