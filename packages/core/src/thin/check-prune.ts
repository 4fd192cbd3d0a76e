import { Z3Error } from '../errors.js'
import { formatSnapshotName, parseSnapshotName } from '../snapshot.js'
import type { StoredSnapshot } from '../versions/stored-snapshot.js'
import type { PrunePlan } from './plan-prune.js'

/** Number of deletions that is always allowed. */
const FEW = 10

/** Most objects of a dataset to delete at once, percent, unless --max-percent says otherwise. */
export const DEFAULT_MAX_PERCENT = 50

/** Allowed difference between the clocks of hosts, seconds. */
const TOLERANCE = 3600

export interface PruneGuards {
  /** Maximum share of the objects of a dataset to delete at once, percent. */
  readonly maxPercent: number
  /** Ignore the checks for suspicious plans. */
  readonly force: boolean
  /** Epoch seconds. */
  readonly now: number
}

/**
 * Refuse a doubtful plan.
 *
 * @param stored all of the dataset
 * @throws Z3Error `broken-chain` where the parent of an object is not known, since any other may be
 *   it, or is of another dataset; `clock-skew` where snapshots lie in the future;
 *   `too-many-deletions`
 */
export function checkPrune(
  plan: PrunePlan,
  stored: readonly StoredSnapshot[],
  { maxPercent, force, now }: PruneGuards,
): void {
  const count = plan.delete.length
  if (count === 0) return
  for (const object of stored) checkParentKnown(object)
  if (force) return
  const future = stored.filter(({ created = 0 }) => created > now + TOLERANCE)
  const [first] = future
  if (first) {
    const others = future.length > 1 ? ` and ${String(future.length - 1)} more` : ''
    throw new Z3Error(
      'clock-skew',
      `${formatSnapshotName(first)}${others} were taken in the future, on ${iso(first.created ?? 0)}: a clock is wrong`,
      { hint: 'Set the clock of this host; if it is right, add --force.' },
    )
  }
  const percent = (count / stored.length) * 100
  if (count > FEW && percent > maxPercent) {
    throw new Z3Error(
      'too-many-deletions',
      `the schedule deletes ${String(count)} of ${String(stored.length)} objects at once, more than ${String(maxPercent)} %`,
      {
        hint: 'Check the plan with z3 prune --dry-run; if it is intended, add --force or raise --max-percent.',
      },
    )
  }
}

function checkParentKnown(object: StoredSnapshot): void {
  const { dataset, parent, problem = 'damaged', fault } = object
  const name = formatSnapshotName(object)
  if (object.isParentUnknown) {
    const why = fault === 'unreadable' ? `${name} cannot be read` : `${name}: ${problem}`
    throw new Z3Error(
      'broken-chain',
      `${why}: the object that it builds on is not known, and nothing is deleted`,
      {
        hint:
          fault === 'unreadable'
            ? 'Let these credentials read the object, or delete it.'
            : 'Repair the object or its metadata, or delete it.',
      },
    )
  }
  if (parent === undefined || parseSnapshotName(parent).dataset === dataset) return
  throw new Z3Error(
    'broken-chain',
    `${name} builds on '${parent}', of another dataset: nothing is deleted`,
    {
      hint: 'Another host may use an S3_PREFIX below this one: prune with its own, or name the datasets instead of --all.',
    },
  )
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
