import type { Z3Error } from '@z3/core'

/** What has been done to a dataset so far; told also of one that fails later. */
export interface Outcome {
  /** Full names at the target. */
  readonly received: string[]
  /** Full names of snapshots and datasets, on either side. */
  readonly destroyed: string[]
  /** What failed and did not keep the rest from being done; told already. */
  readonly errors: Z3Error[]
}

/** Nothing yet. */
export function noOutcome(): Outcome {
  return { received: [], destroyed: [], errors: [] }
}
