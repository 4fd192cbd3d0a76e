import { formatPlace, type Place } from '@z3/zfs'
import type { Z3Error } from '@z3/core'

/** What became of a dataset. */
export interface DatasetReport {
  /** Undefined: it is at the target alone. */
  readonly source: string | undefined
  readonly target: string | undefined
  /** Full names at the target. */
  readonly received: readonly string[]
  /** Full names of snapshots and datasets, on either side. */
  readonly destroyed: readonly string[]
  readonly error?: Z3Error | undefined
}

/** A target, or the source alone. */
export interface TargetReport {
  readonly place: Place | undefined
  readonly datasets: readonly DatasetReport[]
  /** Why nothing could be done there. */
  readonly error?: Z3Error | undefined
}

/** What a run has done. */
export interface Done {
  /** Full names of those that were taken. */
  readonly snapshots: readonly string[]
  readonly targets: readonly TargetReport[]
  /** Of the user's commands after the snapshots: why they failed. */
  readonly errors: readonly Z3Error[]
}

/** What a run has done, for `--json`. */
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
    targets: targets.map(({ place, datasets, error }) => ({
      target: place ? formatPlace(place) : undefined,
      ...told(error),
      datasets: datasets.map(({ error, ...dataset }) => ({
        ...dataset,
        ...told(error),
      })),
    })),
    ...(errors.length > 0 ? { errors: errors.map(facts) } : {}),
    zfsCommands,
  }
}

function told(error: Z3Error | undefined): object {
  return error ? { error: facts(error) } : {}
}

function facts({ code, message, hint }: Z3Error): object {
  return { code, message, hint }
}
