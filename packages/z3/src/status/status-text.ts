import { humanDuration, humanSize, type StatusRow, type StatusSummary } from '@z3/core'

/** The lines below the table. */
export function totals(rows: readonly StatusRow[], summary: StatusSummary, now: number): string {
  const { objects, bytes, unhealthy, notStored, leftOut, newestGood } = summary
  const size = `${isSizeUnknown(rows) ? 'at least ' : ''}${humanSize(bytes)}`
  const count = `${String(objects)} stored, ${size}; ${String(unhealthy)} not healthy; ${missingText(notStored, leftOut)}`
  const newest = newestGood
    ? `newest good backup: ${newestGood.name}${ageText(newestGood.created, now)}`
    : 'no good backup'
  return `${count}\n${newest}`
}

function missingText(notStored: number | undefined, leftOut: number | undefined): string {
  if (notStored === undefined || leftOut === undefined) return 'not backed up: unknown'
  const older = leftOut > 0 ? `, ${String(leftOut)} older left out` : ''
  return `${String(notStored)} not backed up${older}`
}

/** Whether there are objects whose size is not known. */
export function isSizeUnknown(rows: readonly StatusRow[]): boolean {
  return rows.some(({ stored }) => stored && stored.bytes === undefined)
}

/** The note on columns that a narrow table has no room for. */
export function omittedText(heads: readonly string[]): readonly string[] {
  if (heads.length === 0) return []
  return [`not shown: ${heads.join(', ')} (--wide shows all columns)`]
}

/** Allowed clock difference between hosts, seconds: as in S3. */
const CLOCK_SKEW = 15 * 60

/**
 * Use the creation time of the object even if it is in the future, instead of the upload time: the
 * age is then unknown.
 */
export function withFuture(
  summary: StatusSummary,
  rows: readonly StatusRow[],
  now: number,
): StatusSummary {
  const { newestGood } = summary
  const row = rows.find(({ name }) => name === newestGood?.name)
  const created = row?.stored?.created
  return newestGood && created !== undefined && isFuture(created, now)
    ? { ...summary, newestGood: { ...newestGood, created } }
    : summary
}

/** Whether a creation time is later than any clock that S3 would accept. */
export function isFuture(created: number, now: number): boolean {
  return created > now + CLOCK_SKEW
}

function ageText(created: number | undefined, now: number): string {
  if (created === undefined) return ''
  return isFuture(created, now)
    ? `, created in the future (${new Date(created * 1000).toISOString()})`
    : `, ${humanDuration(now - created)} old`
}

/** Problems for monitoring, one line each. */
export function findProblems(
  { unhealthy, newestGood }: StatusSummary,
  maxAge: number | undefined,
  now: number,
): readonly string[] {
  const problems: string[] = []
  if (unhealthy > 0) {
    problems.push(
      `${String(unhealthy)} stored ${unhealthy === 1 ? 'snapshot is' : 'snapshots are'} not healthy`,
    )
  }
  if (!newestGood) problems.push('there is no good backup')
  else if (maxAge !== undefined) {
    if (newestGood.created === undefined) {
      problems.push(`the age of the newest good backup is not known`)
    } else if (isFuture(newestGood.created, now)) {
      problems.push(
        `the age of the newest good backup, ${newestGood.name}, is not known: it was${ageText(newestGood.created, now).slice(1)}`,
      )
    } else if (now - newestGood.created > maxAge) {
      problems.push(
        `the newest good backup, ${newestGood.name}, is${ageText(newestGood.created, now).slice(1)}`,
      )
    }
  }
  return problems
}

/** Whether this host has the snapshot: as in z3's table, and `?` for what is not known. */
export function localText({ localState }: StatusRow): string {
  return localState === 'unknown' ? '?' : localState
}

/**
 * Until when Object Lock protects an object, as far as known.
 *
 * @returns '' if no lock is known
 */
export function lockedText({ stored }: StatusRow, now: number): string {
  const until =
    stored?.lockedUntil !== undefined && stored.lockedUntil > now
      ? [new Date(stored.lockedUntil * 1000).toISOString()]
      : []
  return [...until, ...(stored?.legalHold ? ['legal hold'] : [])].join(', ')
}

/**
 * Whether an object can be read from its archive, as of the HEAD of this run.
 *
 * @returns '' if it is in none
 */
export function archiveText({ stored }: StatusRow): string {
  const { phase, until } = stored?.archive ?? {}
  if (phase !== 'thawed' || until === undefined) return phase ?? ''
  return `thawed until ${new Date(until * 1000).toISOString()}`
}
