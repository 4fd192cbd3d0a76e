import type { SendArguments } from '@z3/cli'
import type { Policy } from '@z3/core'
import type { Transfers } from '@z3/pipeline'
import type { LineOptions, PoolEndpoint } from '@z3/replicate'
import type { Host } from '@z3/zfs'

/** What is wanted of every dataset of a run. */
export interface SyncOptions extends SendArguments {
  readonly prefix: string
  readonly snapshot: string | undefined
  readonly policy: Policy
  readonly createParents: boolean
  readonly mount: boolean
  /** Words for zfs receive: -o and -x. */
  readonly receive: readonly string[]
  readonly line: LineOptions
}

/** The hosts, and how to talk to the user. */
export interface SyncWorld {
  readonly here: Host
  readonly source: PoolEndpoint
  readonly destination: PoolEndpoint
  readonly signal: AbortSignal
  /** Runs pipelines; undefined: nothing is changed, commands are shown. */
  readonly transfers: Transfers | undefined
  /** A result, on stdout. */
  readonly print: (line: string) => void
  /** What goes on: not with `--quiet`. */
  readonly say: (line: string) => void
  /** What is not as it was asked for, though the run goes on: always. */
  readonly warn: (line: string) => void
}

/** One dataset of a run. */
export interface SyncJob {
  /** The dataset at the source, and at the destination. */
  readonly from: string
  readonly to: string
  readonly options: SyncOptions
  readonly world: SyncWorld
  /** Told the full name at the destination of what has arrived. */
  readonly arrived: (name: string) => void
}

/** The property of a destination that keeps the flags it was sent with. */
export const FLAGS_PROPERTY = 'z3:send-flags'
