import type { S3Client } from '@aws-sdk/client-s3'

/** The clock of a server, from the Date header of its responses. */
export class ServerClock {
  /** How far it is ahead of this host's clock, milliseconds. */
  #ahead = 0

  /** The current time within a second; this host's time before the first response. */
  now(): Date {
    return new Date(Date.now() + this.#ahead)
  }

  /** Process the Date header (RFC 9110, 6.6.1) of a new response. */
  read(header: string | undefined): void {
    const time = Date.parse(header ?? '')
    if (!Number.isNaN(time)) this.#ahead = time - Date.now()
  }
}

/** Call `learn` with the headers of every response that a client gets; names in lower case. */
export function onResponse(
  client: S3Client,
  learn: (headers: Readonly<Record<string, string>>) => void,
): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { headers } = result.response as {
        headers?: Readonly<Record<string, string>>
      }
      learn(headers ?? {})
      return result
    },
    // below the deserializer, which throws for error responses
    { step: 'deserialize', name: 'serverClock', priority: 'low' },
  )
}

/**
 * Whether a response is from OpenStack Swift: only its s3api names the transaction in this header,
 * Ceph only in that of Amazon (swift/common/middleware/catch_errors.py).
 */
export function isFromSwift(headers: Readonly<Record<string, string>>): boolean {
  return headers['x-openstack-request-id'] !== undefined
}
