import { formatSnapshotName, type SnapshotName, type Z3Error } from '@z3/core'
import type { SnapPlan } from './plan.js'

/** The result for `--json`. */
export function report(
  { selection, unchanged }: SnapPlan,
  taken: readonly SnapshotName[],
  failures: readonly Z3Error[],
): object {
  return {
    status: failures.length === 0 ? 'success' : 'error',
    taken: taken.map(formatSnapshotName),
    unchanged: unchanged.map(({ dataset, latest }) => ({ dataset, latest })),
    selection,
    failures: failures.map(({ code, message, hint }) => ({
      code,
      message,
      hint,
    })),
  }
}
