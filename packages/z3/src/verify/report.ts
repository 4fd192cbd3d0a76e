import {
  findRestorable,
  formatSnapshotName,
  humanSize,
  type Restorability,
  type StoredSnapshot,
  type VerifyLevel,
} from '@z3/core'
import { renderTable } from '../status/render-table.js'
import type { ListedDataset, LoadedDataset } from './dataset.js'
import { verifiedAt, type VerifyRecords } from '@z3/backup'
import type { Finding } from './verify-object.js'

/** A dataset, and what was found of its objects. */
export interface VerifiedDataset extends LoadedDataset {
  readonly findings: ReadonlyMap<StoredSnapshot, Finding>
  /** With those of this run. */
  readonly records: VerifyRecords
}

/** An object that was to be verified. Small: there may be a million. */
interface Row {
  readonly name: string
  readonly key: string
  readonly size: number | undefined
  /** What was done; undefined: nothing. */
  readonly level: VerifyLevel | undefined
  /** Bytes that were read. */
  readonly read: number | undefined
  /** `ok`, `damaged`, `not verified`, `archived`, `skipped`, or why its chain is not healthy. */
  readonly result: string
  readonly reason: string | undefined
  /** Epoch seconds. */
  readonly verified: number | undefined
}

/** What a run has to say of one dataset. */
export interface DatasetReport extends Partial<Restorability> {
  readonly dataset: string
  readonly rows: readonly Row[]
  /** Objects that were left for a later run, and are not in `rows`. */
  readonly skipped: number
}

/** Results that give no reason to worry. */
const FINE: readonly string[] = ['ok', 'skipped', 'archived']

/** @param listSkipped also those that were left for a later run */
export function reportOn(verified: VerifiedDataset, listSkipped: boolean): DatasetReport {
  const { dataset, stored, wanted, findings, health, records } = verified
  const isBad = (object: StoredSnapshot): boolean => findings.get(object)?.result === 'damaged'
  const rows = wanted.flatMap((object): readonly Row[] => {
    const finding = findings.get(object)
    const state = health(object)
    if (!finding && state === 'ok' && !listSkipped) return []
    const found = finding?.result === 'unverified' ? 'not verified' : (finding?.result ?? 'skipped')
    return [
      {
        name: formatSnapshotName(object),
        key: object.key,
        size: object.bytes,
        level: finding?.level,
        read: finding?.bytes,
        result: FINE.includes(found) && state !== 'ok' ? state : found,
        reason: finding?.reason ?? object.problem,
        verified: verifiedAt(object, records, 'data'),
      },
    ]
  })
  return {
    dataset,
    rows,
    skipped: wanted.length - rows.length,
    ...findRestorable(stored, isBad),
  }
}

/**
 * A dataset of which a limited run verifies no object: what can be restored is not known.
 *
 * @param listSkipped list the objects, in place of their number
 */
export function reportSkipped(
  dataset: string,
  { objects, records }: ListedDataset,
  listSkipped: boolean,
): DatasetReport {
  if (!listSkipped) return { dataset, rows: [], skipped: objects.length }
  const rows = objects.map((object) => ({
    name: formatSnapshotName(object),
    key: object.key,
    size: object.bytes,
    level: undefined,
    read: undefined,
    result: 'skipped',
    reason: undefined,
    verified: verifiedAt(object, records, 'data'),
  }))
  return { dataset, rows, skipped: 0 }
}

function isDoubtful({ result }: Row): boolean {
  return !FINE.includes(result)
}

/** Is there any doubt? */
export function hasDoubt({ rows }: DatasetReport): boolean {
  return rows.some(isDoubtful)
}

/** Bytes of the objects that were read; undefined: unknown. */
export function bytesRead(reports: readonly DatasetReport[]): number | undefined {
  let sum = 0
  for (const { level, read } of reports.flatMap(({ rows }) => rows)) {
    if (level === undefined || level === 'head') continue
    if (read === undefined) return undefined
    sum += read
  }
  return sum
}

/** What is wrong, a line each, and what that means for restores. */
export function doubts({
  dataset,
  rows,
  restorable = [],
  lost = [],
}: DatasetReport): readonly string[] {
  const lines = rows
    .filter(isDoubtful)
    .map(({ name, result, reason }) =>
      [name, result, ...(reason === undefined ? [] : [reason])].join(': '),
    )
  if (lost.length === 0) return lines
  return [
    ...lines,
    `${dataset}: can no longer be restored: ${lost.join(', ')}`,
    `${dataset}: can still be restored: ${restorable.join(', ') || 'nothing'}`,
  ]
}

/** Those that this run has left for a later one are not in it. */
export function verifyTable(reports: readonly DatasetReport[]): string {
  return renderTable(
    ['NAME', 'LEVEL', 'RESULT', 'READ'],
    reports
      .flatMap(({ rows }) => rows)
      .filter(({ result }) => result !== 'skipped')
      .map(({ name, level = '-', result, read }) => [
        name,
        level,
        result,
        read === undefined ? '-' : humanSize(read),
      ]),
  )
}

/** One line. */
export function verifyTotals(reports: readonly DatasetReport[]): string {
  const rows = reports.flatMap((report) => report.rows)
  const count = (test: (row: Row) => boolean): string => String(rows.filter(test).length)
  const bytes = rows.reduce((sum, { read = 0 }) => sum + read, 0)
  const archived = rows.filter(({ result }) => result === 'archived').length
  const isSkipped = ({ result }: Row): boolean => result === 'skipped'
  const skipped = reports.reduce(
    (sum, one) => sum + one.skipped + one.rows.filter(isSkipped).length,
    0,
  )
  return [
    `${count(({ result }) => result === 'ok')} ok`,
    `${count(isDoubtful)} with a problem`,
    ...(archived > 0 ? [`${String(archived)} archived and not verified`] : []),
    `${String(skipped)} left for a later run`,
    `${humanSize(bytes)} read`,
  ].join(', ')
}

export function verifyJson(reports: readonly DatasetReport[]): readonly object[] {
  return reports.map(({ dataset, rows, skipped, restorable, lost }) => ({
    dataset,
    skipped,
    objects: rows.map(({ name, key, size, level, read, result, reason, verified }) => ({
      name,
      key,
      result,
      reason,
      level,
      bytes: size,
      read,
      verified: verified === undefined ? undefined : new Date(verified * 1000).toISOString(),
    })),
    restorable,
    lost,
  }))
}
