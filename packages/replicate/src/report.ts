import type { Z3Error } from '@z3/core'

/** What was done to a dataset so far. */
export interface Outcome {
  /** Full names at the target, the last of each stream. */
  readonly received: string[]
  /** Full names of snapshots and datasets, on either side. */
  readonly destroyed: string[]
  /** Failures that did not stop the rest. */
  readonly errors: Z3Error[]
}

/**
 * Process one dataset, so that the result is known even if a step fails.
 *
 * @returns `failure`: the error that ended the work; undefined: none
 */
export async function attempt(
  work: (outcome: Outcome) => Promise<void>,
): Promise<Outcome & { readonly failure: unknown }> {
  const outcome: Outcome = { received: [], destroyed: [], errors: [] }
  try {
    await work(outcome)
    return { ...outcome, failure: undefined }
  } catch (failure) {
    return { ...outcome, failure }
  }
}

/** JSON form of an error. */
export function errorFacts({ code, message, hint }: Z3Error): object {
  return { code, message, hint }
}
