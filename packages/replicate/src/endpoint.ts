import type { Command } from '@z3/core'
import type { Host } from '@z3/zfs'

/** One stream of a plan. */
export interface Step {
  /** Full name at the target of the last version in the stream. */
  readonly name: string
}

/** Where streams come from: a pool or a store. */
export interface Source<S extends Step> {
  /** The host that runs its commands. */
  readonly host: Host
  /** The commands that produce the stream, as a pipeline. */
  readonly send: (step: S) => Promise<readonly Command[]>
  /** Bytes of the stream; undefined if unknown. */
  readonly estimate: (step: S) => Promise<number | undefined>
}

/** Where streams go: a pool or a store. */
export interface Target<S extends Step> {
  /** The host that runs its commands. */
  readonly host: Host
  /** The last command waits for `commit` on descriptor 3: see @z3/pipeline. */
  readonly commits?: boolean
  /** The commands that consume the stream, as a pipeline. */
  readonly receive: (step: S) => Promise<readonly Command[]>
  /**
   * Check that the stream has arrived: exit statuses do not prove it.
   *
   * @param output of the last command
   * @throws Z3Error if it has not
   */
  readonly checkArrived: (step: S, output: string) => Promise<void>
}
