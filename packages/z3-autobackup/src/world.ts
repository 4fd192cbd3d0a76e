import type { Transfers } from '@z3/pipeline'
import type { Log } from './log.js'
import type { AutobackupOptions } from './options.js'

/** What all parts of a run have in common. */
export interface World {
  readonly options: AutobackupOptions
  readonly log: Log
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** Undefined: with --test. */
  readonly transfers: Transfers | undefined
  /** Progress is shown: it is worth a command to know the size. */
  readonly estimates: boolean
  /** The thinner's clock, epoch seconds: the same for the whole run. */
  readonly now: number
  /** With --debug the first dataset that fails ends the run. */
  readonly stopsAtFirst: boolean
}
