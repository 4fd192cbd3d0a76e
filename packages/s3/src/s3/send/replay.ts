import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type { HttpReply } from './sender.js'

/** In the input of a command whose response has already arrived. */
export const REPLY = Symbol('reply')

export interface ReplyCarrier {
  /** Used once: a repetition of the SDK, such as one to another region, is sent. */
  readonly [REPLY]?: { reply: HttpReply | undefined }
}

/**
 * Let a client process responses to requests that it has not sent: it parses errors, corrects its
 * clock, and follows a bucket to another region.
 */
export function supportReplay(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const carried = (args.input as ReplyCarrier)[REPLY]
      const reply = carried?.reply
      if (!carried || !reply) return next(args)
      carried.reply = undefined
      return {
        output: undefined as never,
        response: {
          statusCode: reply.status,
          headers: reply.headers,
          body: Readable.from([Buffer.from(reply.body)]),
        },
      }
    },
    { step: 'deserialize', name: 'replay', priority: 'low' },
  )
}
