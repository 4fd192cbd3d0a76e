import type { HashKind, PartDigest } from '../../multipart-upload.js'

/** A signed request, plain data for threads. */
export interface OutgoingRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port: number | undefined
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** A response, complete. */
export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The beginning of the body, at most `REPLY_LIMIT` bytes. */
  readonly body: Uint8Array
}

/** Hashes and sends parts: in this thread (`LocalSender`), or in another one (`SenderThread`). */
export interface Sender {
  hash(body: Uint8Array, kinds: readonly HashKind[]): Promise<PartDigest>
  /**
   * Send one request once. `body` must not change before the promise settles.
   *
   * @throws the error of the socket, a `TimeoutError` or the reason of the signal; any response
   *   resolves
   */
  send(request: OutgoingRequest, body: Uint8Array, signal?: AbortSignal): Promise<HttpReply>
  close(): void
}
