import type { HashKind, PartDigest } from '../../multipart-upload.js'
import { hashPart } from '../../part-hasher.js'
import type { Agents } from '../connection/plain-agents.js'
import type { Throttle } from '../throttle.js'
import { sendHttp, type Patience } from './send-http.js'
import type { HttpReply, OutgoingRequest, Sender } from './sender.js'

/** Hashes and sends in the thread that calls it. */
export class LocalSender implements Sender {
  readonly #agents: Agents
  readonly #patience: Patience
  readonly #throttle: Throttle | undefined

  /** @param agents closed with it */
  constructor(agents: Agents, patience: Patience, throttle?: Throttle) {
    this.#agents = agents
    this.#throttle = throttle
    this.#patience = patience
  }

  hash(body: Uint8Array, kinds: readonly HashKind[]): Promise<PartDigest> {
    return Promise.resolve(hashPart(body, kinds))
  }

  send(request: OutgoingRequest, body: Uint8Array, signal?: AbortSignal): Promise<HttpReply> {
    return sendHttp(request, body, this.#agents, this.#patience, signal, this.#throttle)
  }

  close(): void {
    // the client destroys its agents, too, but not if it has sent nothing itself
    this.#agents.httpAgent.destroy()
    this.#agents.httpsAgent.destroy()
  }
}
