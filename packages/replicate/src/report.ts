import type { Z3Error } from '@z3/core'

/** What has been done to a dataset so far. */
export interface Outcome {
  /** Full names at the target, the last of each stream. */
  readonly received: string[]
  /** Full names of snapshots and datasets, on either side. */
  readonly destroyed: string[]
  /** What failed and did not keep the rest from being done. */
  readonly errors: Z3Error[]
}

/**
 * Do the work of one dataset among others, so that what was done is known also where
 * the rest fails.
 *
 * @returns `failure`: what ended the work; undefined: nothing did
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

/** An error in the JSON form of a result. */
export function errorFacts({ code, message, hint }: Z3Error): object {
  return { code, message, hint }
}
