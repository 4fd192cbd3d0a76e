import type { RunFacts } from './run-facts.js'

/** A run that has ended. */
export interface FinishedRun {
  /** `z3 backup`. */
  readonly program: string
  /** What it worked on, to tell runs of one program apart: `tank/data`; '' for its default. */
  readonly subject: string
  /** Epoch seconds. */
  readonly started: number
  readonly ended: number
  /** Seconds, measured by a clock that is never set. */
  readonly duration: number
  readonly status: number
  readonly facts: RunFacts
}
