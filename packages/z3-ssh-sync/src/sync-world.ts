import type { SendArguments } from '@z3/cli'
import type { Policy } from '@z3/core'
import type { Transfers } from '@z3/pipeline'
import type { LineOptions, PoolEndpoint } from '@z3/replicate'
import type { Host } from '@z3/zfs'

/** Options for every dataset of a run. */
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

/** The hosts, and the output for the user. */
export interface SyncWorld {
  readonly here: Host
  readonly source: PoolEndpoint
  readonly destination: PoolEndpoint
  readonly signal: AbortSignal
  /** Runs pipelines; undefined: print commands and change nothing. */
  readonly transfers: Transfers | undefined
  /** A result, on stdout. */
  readonly print: (line: string) => void
  /** Progress of the run, unless `--quiet`. */
  readonly say: (line: string) => void
  /** Warnings, always. */
  readonly warn: (line: string) => void
}

/** One dataset of a run. */
export interface SyncJob {
  /** The dataset at the source; `to`: at the destination. */
  readonly from: string
  readonly to: string
  readonly options: SyncOptions
  readonly world: SyncWorld
  /** Called with the full name at the destination of what was received. */
  readonly arrived: (name: string) => void
}

/** User property of a destination with the flags of its first stream. */
export const FLAGS_PROPERTY = 'z3:send-flags'
