import type { S3Client } from '@aws-sdk/client-s3'

/** The clock of a server, as the Date header of its answers shows it. */
export class ServerClock {
  /** What it is ahead of this host's, milliseconds. */
  #ahead = 0

  /** Now, within a second; this host's time before the first answer. */
  now(): Date {
    return new Date(Date.now() + this.#ahead)
  }

  /** Note the Date header (RFC 9110, 6.6.1) of an answer that has just come. */
  read(header: string | undefined): void {
    const time = Date.parse(header ?? '')
    if (!Number.isNaN(time)) this.#ahead = time - Date.now()
  }
}

/** Let a clock follow the answers that a client gets. */
export function followClock(client: S3Client, clock: ServerClock): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { headers } = result.response as {
        headers?: Readonly<Record<string, string>>
      }
      clock.read(headers?.['date'])
      return result
    },
    // below the deserializer, which throws for what is no success
    { step: 'deserialize', name: 'serverClock', priority: 'low' },
  )
}
