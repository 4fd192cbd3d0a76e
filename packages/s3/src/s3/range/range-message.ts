import type { ThrottleState } from '../throttle.js'
import type { Network } from '../connection/network.js'

/** A request for the reading thread. */
export interface RangeRequest {
  readonly id: number
  readonly protocol: string
  readonly hostname: string
  readonly port: number | undefined
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Buffer for the body. */
  readonly into: Uint8Array<SharedArrayBuffer>
  /** State of a ByteGauge, which counts what arrives in it. */
  readonly gauge?: BigInt64Array<SharedArrayBuffer> | undefined
}

/** Stop the request with the id `cancel`. */
export interface RangeCancel {
  readonly cancel: number
}

/** The result of a request. */
export interface RangeReply {
  readonly id: number
  /** Undefined without a response. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes in `into`, complete or not. */
  readonly received: number
  /** The body of an error response. */
  readonly body?: Uint8Array
  /** The connection's error. */
  readonly error?: { readonly code: string; readonly message: string }
}

/** Settings of the reading thread. */
export interface RangeWorkerData {
  readonly connections: number
  readonly network: Network
  readonly connectionTimeout: number
  readonly idleTimeout: number
  readonly throttle?: ThrottleState | undefined
}

/** The error for a timeout. */
export function timedOut(what: string, milliseconds: number): Error {
  const message = `${what} within ${String(milliseconds / 1000)} s`
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}
