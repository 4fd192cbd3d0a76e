import { Z3Error } from '@z3/core'

/** What zfs says of a destination that is not as the plan has found it. */
const CHANGED =
  /: (?:dataset|target) is busy\b|partially-complete state|destination '[^']*' exists|destination has snapshots|has been modified|most recent snapshot of|already exists/

/**
 * A plan is made from what is there: where a receive then finds something else,
 * somebody was faster. What zfs alone would advise is wrong then, as to drop
 * what a receive that is at work has saved.
 *
 * @param error of a receive
 * @returns what to throw in its place
 */
export function changedMeanwhile(error: unknown, dataset: string): unknown {
  if (!(error instanceof Z3Error) || !CHANGED.test(error.message)) return error
  return new Z3Error(error.code, error.message, {
    hint: `Something has changed ${dataset} since this run looked at it, or another run is at work on it: wait for its end, and run again.`,
    cause: error,
  })
}
