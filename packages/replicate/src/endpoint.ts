import type { Command } from '@z3/core'
import type { Host } from '@z3/zfs'

/** One stream of a plan. */
export interface Step {
  /** The full name at the target of the last version that the stream brings. */
  readonly name: string
}

/** What streams come from: a pool, or a store. */
export interface Source<S extends Step> {
  /** Where its commands run. */
  readonly host: Host
  /** The commands whose output is the stream, one into the next. */
  readonly send: (step: S) => Promise<readonly Command[]>
  /** Bytes of the stream; undefined where they cannot be known. */
  readonly estimate: (step: S) => Promise<number | undefined>
}

/** What streams go to: a pool, or a store. */
export interface Target<S extends Step> {
  /** Where its commands run. */
  readonly host: Host
  /** The last command waits for `commit` on descriptor 3: see @z3/pipeline. */
  readonly commits?: boolean
  /** The commands that read the stream, one into the next. */
  readonly receive: (step: S) => Promise<readonly Command[]>
  /**
   * What programs exit with is not enough to say that a stream has arrived: ask.
   *
   * @param output of the last command
   * @throws Z3Error where it has not
   */
  readonly checkArrived: (step: S, output: string) => Promise<void>
}
