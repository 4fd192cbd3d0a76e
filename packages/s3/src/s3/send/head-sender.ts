import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { CONTENT_SHA256, HASH_OF_NOTHING } from '../connection/s3-client.js'
import { httpStatus } from '../connection/s3-error.js'
import { parseHead, type HeadReply } from './parse-head.js'
import { replay, type ReplyCarrier } from './replay.js'
import { ANY_KEY, requestTemplate, type RequestTemplate } from './request-template.js'
import type { Sender } from './sender.js'

const NO_BODY = new Uint8Array(0)

/**
 * Sends HEADs. The SDK builds one request and parses refusals; its middleware is not used for each
 * HEAD, since it takes three times as long as the signature and the request together.
 */
export class HeadSender {
  readonly #client: S3Client
  readonly #input: { readonly Bucket: string; readonly ChecksumMode?: 'ENABLED' }
  readonly #sender: Sender
  readonly #onReply: (headers: Readonly<Record<string, string>>) => void
  #template: Promise<RequestTemplate | undefined> | undefined

  /**
   * @param input of every request
   * @param onReply called with the headers of every response that the client did not receive
   */
  constructor(
    client: S3Client,
    input: { readonly Bucket: string; readonly ChecksumMode?: 'ENABLED' },
    sender: Sender,
    onReply: (headers: Readonly<Record<string, string>>) => void,
  ) {
    this.#client = client
    this.#input = input
    this.#sender = sender
    this.#onReply = onReply
  }

  /**
   * Send a HEAD once.
   *
   * @param version undefined: the latest
   * @throws the error of the SDK or the socket
   */
  async send(
    key: string,
    version: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HeadReply> {
    const input = {
      ...this.#input,
      Key: key,
      ...(version === undefined ? {} : { VersionId: version }),
    }
    try {
      const template = await this.#requestTemplate()
      if (!template) return await this.#bySdk(input, signal)
      const { systemClockOffset } = this.#client.config
      const request = await template.sign({
        path: template.pathOf(key),
        query: version === undefined ? {} : { versionId: version },
        headers: { [CONTENT_SHA256]: HASH_OF_NOTHING },
      })
      const reply = await this.#sender.send(request, NO_BODY, signal)
      this.#onReply(reply.headers)
      const parsed = reply.status === 200 ? parseHead(reply.headers) : undefined
      return (
        parsed ??
        (await replay(this.#client, reply, systemClockOffset, (carrier) =>
          this.#bySdk({ ...input, ...carrier }, signal),
        ))
      )
    } catch (error) {
      // an adaptation may change the address; a missing object does not
      if (httpStatus(error) !== 404) this.#template = undefined
      throw error
    }
  }

  #requestTemplate(): Promise<RequestTemplate | undefined> {
    this.#template ??= requestTemplate(this.#client, (marker) =>
      this.#client.send(new HeadObjectCommand({ ...this.#input, Key: ANY_KEY, ...marker })),
    )
    return this.#template
  }

  #bySdk(
    input: HeadObjectCommand['input'] & ReplyCarrier,
    signal: AbortSignal | undefined,
  ): Promise<HeadReply> {
    return this.#client.send(new HeadObjectCommand(input), signal ? { abortSignal: signal } : {})
  }
}
