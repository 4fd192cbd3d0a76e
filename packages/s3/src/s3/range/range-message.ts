import type { Network } from '../connection/network.js'

/** What the reading thread is told to do. */
export interface RangeRequest {
  readonly id: number
  readonly protocol: string
  readonly hostname: string
  readonly port: number | undefined
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Where the body goes. */
  readonly into: Uint8Array<SharedArrayBuffer>
}

/** Stop what request `cancel` does. */
export interface RangeCancel {
  readonly cancel: number
}

/** What became of a request. */
export interface RangeReply {
  readonly id: number
  /** Absent when no answer came. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes that lie in `into`, whole or not. */
  readonly received: number
  /** The body of an answer that is no success. */
  readonly body?: Uint8Array
  /** What broke the connection. */
  readonly error?: { readonly code: string; readonly message: string }
}

/** Settings of the reading thread. */
export interface RangeWorkerData {
  readonly connections: number
  readonly network: Network
  readonly connectionTimeout: number
  readonly idleTimeout: number
}

/** The error for something that did not happen in time. */
export function timedOut(what: string, milliseconds: number): Error {
  const message = `${what} within ${String(milliseconds / 1000)} s`
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}
