import type { VerifyRecords } from '@z3/backup'
import {
  checkPrune,
  DEFAULT_MAX_PERCENT,
  parseSchedule,
  planPrune,
  statusRows,
  statusSummary,
  Z3Error,
  type PrunePlan,
  type StatusRow,
  type StatusSummary,
  type StoredSnapshot,
} from '@z3/core'
import { chainLength } from '../status/load-state.js'
import { findProblems, isSizeUnknown, withFuture } from '../status/status-text.js'
import type { Local } from './load/load-local.js'
import type { StoredDataset } from './load/load-stored-datasets.js'
import { findRemedies, type Remedy } from './remedies.js'

/** What the page says of a dataset. */
export interface DatasetReport {
  readonly dataset: string
  /** S3_PREFIX, where its objects are. */
  readonly prefix: string
  /** Every stored snapshot, and those of this host with SNAPSHOT_PREFIX, the oldest first. */
  readonly rows: readonly StatusRow[]
  readonly summary: StatusSummary
  /** Objects that a restore of the newest healthy snapshot reads. */
  readonly chain: number
  /** There are objects whose size is not known. */
  readonly isSizeUnknown: boolean
  /** What is wrong, one line each. */
  readonly problems: readonly string[]
  /** Objects that are not healthy, without those that only build on them; the newest first. */
  readonly causes: readonly StatusRow[]
  /** What to type against it. */
  readonly remedies: readonly Remedy[]
  /** Whether this host has the dataset; undefined: not known. */
  readonly isHere: boolean | undefined
  /** Undefined: RETENTION is not set. */
  readonly retention: RetentionReport | undefined
  /** Undefined: not known. */
  readonly records: VerifyRecords | undefined
  readonly foreign: readonly string[]
}

/** What `z3 prune` would do now. */
export interface RetentionReport {
  /** As RETENTION has it. */
  readonly schedule: string
  readonly plan: PrunePlan
  /** Why it would delete nothing in spite of the plan. */
  readonly refusal: Z3Error | undefined
}

/**
 * Compare what is stored with this host, and judge it as `z3 status --check --max-age` does.
 *
 * @param maxAge seconds; undefined: a newest backup of any age is good
 * @param now epoch seconds
 */
export function assess(
  found: StoredDataset,
  local: Local,
  maxAge: number | undefined,
  now: number,
): DatasetReport {
  const { dataset, config, prefix, stored, records, foreign } = found
  const { SNAPSHOT_PREFIX: start, RETENTION: schedule } = config.settings
  const rows = statusRows({ dataset, prefix: '', local: localOf(found, local, start), stored })
  const summary = withFuture(statusSummary(rows, local.isKnown), rows, now)
  const problems = findProblems(summary, maxAge, now)
  const isHere = local.isKnown ? local.snapshots.has(dataset) : undefined
  return {
    dataset,
    prefix,
    rows,
    summary,
    chain: chainLength(rows, summary, stored) ?? 0,
    isSizeUnknown: isSizeUnknown(rows),
    problems,
    causes: rows.filter(isCause).reverse(),
    remedies: findRemedies({ dataset, rows, summary, problems, isHere }),
    isHere,
    retention: schedule === undefined ? undefined : planRetention(stored, schedule, start, now),
    records,
    foreign,
  }
}

function isCause({ stored, health }: StatusRow): boolean {
  return stored !== undefined && health !== 'ok' && health !== 'parent broken'
}

/** Those that a backup would upload, and those that are stored, whatever their prefix. */
function localOf({ dataset, stored }: StoredDataset, local: Local, start: string) {
  if (!local.isKnown) return undefined
  const names = new Set(stored.flatMap(({ snapshot, twinOf = snapshot }) => [snapshot, twinOf]))
  const all = local.snapshots.get(dataset) ?? []
  return all.filter(({ snapshot }) => snapshot.startsWith(start) || names.has(snapshot))
}

function planRetention(
  stored: readonly StoredSnapshot[],
  schedule: string,
  prefix: string,
  now: number,
): RetentionReport {
  const request = { stored, prefix, now, respectMinimum: false }
  const plan = planPrune({ ...request, schedule: parseSchedule(schedule, 'RETENTION') })
  try {
    checkPrune(plan, stored, { maxPercent: DEFAULT_MAX_PERCENT, force: false, now })
    return { schedule, plan, refusal: undefined }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    return { schedule, plan, refusal: error }
  }
}
