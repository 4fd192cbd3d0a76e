import { Z3Error } from '@z3/core'

/** What has become of a dataset: whether it was up to date, or why it failed. */
export interface Outcome {
  readonly source: string
  readonly destination: string
  /** Full names at the destination that have arrived, the last of each stream. */
  readonly received: readonly string[]
  readonly upToDate?: boolean
  readonly error?: unknown
}

/** A dataset in the JSON form of a result. */
export function reported({ upToDate, error, ...names }: Outcome): object {
  if (upToDate !== undefined) {
    return { ...names, result: upToDate ? 'up-to-date' : 'synced' }
  }
  return {
    ...names,
    result: 'failed',
    ...(error instanceof Z3Error
      ? { code: error.code, message: error.message, hint: error.hint }
      : {}),
  }
}

/** The JSON form of the result of a run. */
export function syncReport(outcomes: readonly Outcome[]): object {
  return {
    status: outcomes.some(({ upToDate }) => upToDate === undefined) ? 'error' : 'success',
    datasets: outcomes.map(reported),
  }
}
