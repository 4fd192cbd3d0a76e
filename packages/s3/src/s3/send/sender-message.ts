import type { HashKind, PartDigest } from '../../multipart-upload.js'
import type { Network } from '../connection/network.js'
import type { ThrottleState } from '../throttle.js'
import type { Patience } from './send-http.js'
import type { HttpReply, OutgoingRequest } from './sender.js'

/** Settings of a sender thread. */
export interface SenderSettings {
  readonly network: Network
  /** Maximum number of connections. */
  readonly connections: number
  readonly patience: Patience
  readonly throttle?: ThrottleState | undefined
}

/** What the thread is to do. A body in shared memory is not copied. */
export type Job =
  | { readonly kind: 'hash'; readonly body: Uint8Array; readonly hashes: readonly HashKind[] }
  | { readonly kind: 'send'; readonly body: Uint8Array; readonly request: OutgoingRequest }

/** To the thread: a job, or the end of one. */
export type ToSender =
  { readonly id: number; readonly job: Job } | { readonly id: number; readonly job: 'cancel' }

/** The error of a job: what `errorName` and connection-error.ts need. */
export interface JobError {
  readonly name: string
  readonly message: string
  readonly code?: string | undefined
  readonly syscall?: string | undefined
}

/** From the thread: that it is ready, or the result of a job. */
export type FromSender =
  | 'ready'
  | { readonly id: number; readonly result: PartDigest | HttpReply }
  | { readonly id: number; readonly error: JobError }
