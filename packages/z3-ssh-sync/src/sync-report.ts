import { Z3Error } from '@z3/core'
import { errorFacts, type Outcome } from '@z3/replicate'

/** The result for a dataset: whether it was up to date, or why it failed. */
export interface DatasetReport extends Pick<Outcome, 'received'> {
  readonly source: string
  readonly destination: string
  readonly upToDate?: boolean
  readonly error?: unknown
}

/** JSON form of the result for a dataset. */
export function reported({ upToDate, error, ...names }: DatasetReport): object {
  if (upToDate !== undefined) {
    return { ...names, result: upToDate ? 'up-to-date' : 'synced' }
  }
  return { ...names, result: 'failed', ...(error instanceof Z3Error ? errorFacts(error) : {}) }
}

/** JSON form of the result of a run. */
export function syncReport(reports: readonly DatasetReport[]): object {
  return {
    status: reports.some(({ upToDate }) => upToDate === undefined) ? 'error' : 'success',
    datasets: reports.map(reported),
  }
}
