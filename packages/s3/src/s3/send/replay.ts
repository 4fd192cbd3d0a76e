import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type { HttpReply } from './sender.js'

/** In the input of a command whose response has already arrived. */
const REPLY = Symbol('reply')

/** From this clock difference on, the SDK considers a refusal its consequence, milliseconds. */
const CLOCK_SKEW = 240_000

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

/**
 * Let the SDK process a response: it adapts, repeats the request elsewhere, or throws.
 *
 * @param offset of the client's clock when the request was signed
 * @param send passes the command to the client, with one more property in its input
 */
export async function replay<T>(
  client: S3Client,
  reply: HttpReply,
  offset: number,
  send: (carrier: ReplyCarrier) => Promise<T>,
): Promise<T> {
  try {
    return await send({ [REPLY]: { reply } })
  } catch (error) {
    const { systemClockOffset } = client.config
    const corrected = systemClockOffset !== offset && Math.abs(systemClockOffset) >= CLOCK_SKEW
    const { $metadata } = error as { $metadata?: { clockSkewCorrected?: boolean } }
    // another request may have corrected the clock since this one was signed
    if (corrected && $metadata) $metadata.clockSkewCorrected = true
    throw error
  }
}
