import { UploadPartCommand, type UploadPartCommandOutput } from '@aws-sdk/client-s3'
import type { Part } from '../../multipart-upload.js'
import { CONTENT_SHA256, PAYLOAD_HASH, type PayloadHashCarrier } from '../connection/s3-client.js'
import type { S3Connection, SendOptions } from '../connection/s3-connection.js'
import type { ChecksumHeader } from '../part-checksum.js'
import { replay, type ReplyCarrier } from './replay.js'
import { requestTemplate, type RequestTemplate } from './request-template.js'
import type { Sender } from './sender.js'

/** One attempt to send a part. */
export interface PartRequest {
  readonly part: Pick<Part, 'partNumber' | 'body'>
  readonly checksum: ChecksumHeader | undefined
  /** Hexadecimal; undefined: not signed. */
  readonly sha256: string | undefined
}

/**
 * Sends the parts of one upload. The SDK builds one request and parses refusals; its middleware is
 * not used for each part, since it takes longer than the signature and the request together.
 */
export class PartSender {
  readonly #s3: S3Connection
  readonly #address: { readonly Bucket: string; readonly Key: string; readonly UploadId: string }
  #template: Promise<RequestTemplate | undefined> | undefined

  constructor(s3: S3Connection, key: string, uploadId: string) {
    this.#s3 = s3
    this.#address = { Bucket: s3.bucket, Key: key, UploadId: uploadId }
  }

  /**
   * Send a part once.
   *
   * @returns its ETag
   * @throws the error of the SDK or the socket
   */
  async put(
    { part, checksum, sha256 }: PartRequest,
    sender: Sender,
    options: SendOptions,
  ): Promise<string | undefined> {
    const { partNumber, body } = part
    const hash = sha256 ?? 'UNSIGNED-PAYLOAD'
    const input: UploadPartCommand['input'] & PayloadHashCarrier = {
      ...this.#address,
      PartNumber: partNumber,
      Body: body,
      ContentLength: body.byteLength,
      ...(checksum && { [checksum.name]: checksum.value }),
      [PAYLOAD_HASH]: hash,
    }
    try {
      const template = await this.#requestTemplate()
      if (!template) return (await this.#bySdk(input, options)).ETag
      const offset = this.#s3.client.config.systemClockOffset
      const request = await template.sign({
        query: { partNumber: String(partNumber) },
        headers: {
          'content-length': String(body.byteLength),
          [CONTENT_SHA256]: hash,
          ...(checksum && { [checksum.wire]: checksum.value }),
        },
      })
      const reply = await sender.send(request, body, options.abortSignal)
      this.#s3.clock.read(reply.headers['date'])
      if (reply.status >= 200 && reply.status < 300) return reply.headers['etag']
      const replayed = await replay(this.#s3.client, reply, offset, (carrier) =>
        this.#bySdk({ ...input, ...carrier }, options),
      )
      return replayed.ETag
    } catch (error) {
      // an adaptation may change the address
      this.#template = undefined
      throw error
    }
  }

  #requestTemplate(): Promise<RequestTemplate | undefined> {
    const { client } = this.#s3
    this.#template ??= requestTemplate(client, (marker) =>
      client.send(new UploadPartCommand({ ...this.#address, PartNumber: 1, ...marker })),
    )
    return this.#template
  }

  #bySdk(
    input: UploadPartCommand['input'] & ReplyCarrier,
    options: SendOptions,
  ): Promise<UploadPartCommandOutput> {
    return this.#s3.client.send(new UploadPartCommand(input), options)
  }
}
