import type { Context } from '@z3/backup'
import { humanSize, type StatusRow, type StatusSummary } from '@z3/core'
import prettyMs from 'pretty-ms'

/** The lines below the table. */
export function totals(rows: readonly StatusRow[], summary: StatusSummary, now: number): string {
  const { objects, bytes, unhealthy, notStored, leftOut, newestGood } = summary
  const unknown = rows.some(({ stored }) => stored && stored.bytes === undefined)
  const size = `${unknown ? 'at least ' : ''}${humanSize(bytes)}`
  const count = `${String(objects)} stored, ${size}; ${String(unhealthy)} not healthy; ${String(notStored)} not backed up${leftOut > 0 ? `, ${String(leftOut)} older left out` : ''}`
  const newest = newestGood
    ? `newest good backup: ${newestGood.name}${ageText(newestGood.created, now)}`
    : 'no good backup'
  return `${count}\n${newest}`
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
    : `, ${prettyMs(Math.max(0, Math.round(now - created)) * 1000, { unitCount: 2 })} old`
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

/** What `z3 status --json` prints: sizes in bytes, times in seconds (epoch). */
export function statusReport(
  { config, dataset, store }: Context,
  rows: readonly StatusRow[],
  summary: StatusSummary,
  problems: readonly string[],
  now: number,
): object {
  const { newestGood } = summary
  return {
    status: problems.length === 0 ? 'ok' : 'problems',
    dataset,
    store: store.title,
    as_of: store.asOf?.toISOString(),
    s3_prefix: config.settings.S3_PREFIX,
    snapshot_prefix: config.settings.SNAPSHOT_PREFIX,
    problems,
    totals: {
      stored: summary.objects,
      bytes: summary.bytes,
      not_healthy: summary.unhealthy,
      not_backed_up: summary.notStored,
      left_out: summary.leftOut,
    },
    newest_good: newestGood
      ? {
          name: newestGood.name,
          created: newestGood.created,
          age_seconds:
            newestGood.created === undefined || newestGood.created > now
              ? undefined
              : Math.round(now - newestGood.created),
        }
      : null,
    snapshots: rows.map(({ stored, ...row }) => ({
      name: row.name,
      type: row.type,
      parent: stored?.parent ?? null,
      twin_of: stored?.twinOf,
      health: stored ? row.health : null,
      problem: stored?.problem,
      local_state: row.localState,
      created: row.created,
      size: stored?.size,
      stored: stored?.bytes,
      key: stored?.key,
      guid: stored?.guid,
      compressor: stored?.compressor,
      encryptor: stored?.encryptor,
      send_flags: stored?.sendFlags,
      storage_class: stored?.storageClass,
      archive: stored?.archive?.phase,
      thawed_until: stored?.archive?.until,
      locked_until: stored?.lockedUntil,
      legal_hold: stored?.legalHold,
    })),
  }
}
