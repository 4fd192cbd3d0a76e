import { Z3Error } from '@z3/core'
import { attempt, errorFacts, type Outcome } from '@z3/replicate'
import { formatPlace, type Place } from '@z3/zfs'
import type { World } from './world.js'

/** The result for a dataset. */
export interface DatasetReport {
  /** Undefined: the dataset exists only at the target. */
  readonly source: string | undefined
  readonly target: string | undefined
  /** Full names at the target. */
  readonly received: readonly string[]
  /** Full names of snapshots and datasets, on either side. */
  readonly destroyed: readonly string[]
  readonly error?: Z3Error | undefined
  /** With --verify: the newest common snapshot, and the number of newer ones at the source. */
  readonly common?: {
    readonly source: string
    readonly target: string
    /** Epoch seconds. */
    readonly created: number
    readonly behind: number
  }
}

/** A target, or only the source. */
export interface TargetReport {
  readonly place: Place | undefined
  /** URL of a bucket, instead of host and dataset. */
  readonly url?: string
  readonly datasets: readonly DatasetReport[]
  /** Why the target could not be used. */
  readonly error?: Z3Error | undefined
}

/** The result of a run. */
export interface Done {
  /** Full names of new snapshots. */
  readonly snapshots: readonly string[]
  readonly targets: readonly TargetReport[]
  /** Failures of post-snapshot commands. */
  readonly errors: readonly Z3Error[]
}

/** JSON form of the result. */
export function reportOf(
  name: string,
  { snapshots, targets, errors }: Done,
  failed: number,
  zfsCommands: number,
): object {
  return {
    status: failed + errors.length === 0 ? 'success' : 'error',
    name,
    failed,
    snapshots,
    targets: targets.map(({ place, url, datasets, error }) => ({
      target: place ? formatPlace(place) : url,
      ...told(error),
      datasets: datasets.map(({ error, ...dataset }) => ({
        ...dataset,
        ...told(error),
      })),
    })),
    ...(errors.length > 0 ? { errors: errors.map(errorFacts) } : {}),
    zfsCommands,
  }
}

function told(error: Z3Error | undefined): object {
  return error ? { error: errorFacts(error) } : {}
}

/**
 * Process one dataset of several: a failure is logged, and the run continues.
 *
 * @param title prefix of messages
 * @param names of the dataset, for the report
 * @returns the result, and the first failure that ended it
 * @throws Z3Error with --debug; any other error; the signal's reason
 */
export async function attemptDataset(
  { log, signal, stopsAtFirst }: World,
  title: string,
  names: Pick<DatasetReport, 'source' | 'target'>,
  work: (outcome: Outcome) => Promise<void>,
): Promise<{ readonly report: DatasetReport; readonly failure: Z3Error | undefined }> {
  const { received, destroyed, errors, failure } = await attempt(work)
  const report = { ...names, received, destroyed }
  if (failure === undefined) return { report: { ...report, error: errors[0] }, failure }
  signal.throwIfAborted()
  if (!(failure instanceof Z3Error) || stopsAtFirst) throw failure as Error
  log.error(`${title}: ${failure.message}`, failure.hint)
  return { report: { ...report, error: failure }, failure }
}
