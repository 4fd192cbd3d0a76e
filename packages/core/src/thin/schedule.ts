import { counted, excerpt, toDuration, UNIT_LIST, type Duration } from './duration.js'
import { Z3Error } from '../errors.js'

/** Keep the oldest snapshot of each period until it is older than the ttl. */
export interface ThinRule {
  /** As it was written, in lower case: `1d1w`. */
  readonly text: string
  /** Seconds, above 0. */
  readonly period: number
  /** Seconds, at least the period. */
  readonly ttl: number
  /** For people to read: `Keep every 1 day, delete after 1 week.` */
  readonly description: string
}

/** Which snapshots to keep. All others are obsolete. */
export interface Schedule {
  /** Number of newest snapshots to keep regardless of age. */
  readonly alwaysKeep: number
  readonly rules: readonly ThinRule[]
}

/** zfs-autobackup's default, of the source and of the target. */
export const DEFAULT_SCHEDULE = '10,1d1w,1w1m,1m1y'

/**
 * Read a schedule of zfs-autobackup: parts separated by commas, each a number of snapshots to
 * always keep, or an interval and a time to live. An empty schedule and `0` keep no snapshot. The
 * largest of several numbers applies: parts only add to what is kept, in any order.
 *
 * Stricter than zfs-autobackup, which ignores text after a rule and fails later at an interval of
 * 0. Spaces around a part are allowed.
 *
 * @param what names the value in messages: `--keep-source`
 * @throws Z3Error `usage`
 */
export function parseSchedule(text: string, what = 'schedule'): Schedule {
  if (text.trim() === '') return { alwaysKeep: 0, rules: [] }
  let alwaysKeep = 0
  const rules: ThinRule[] = []
  for (const [i, untrimmed] of text.split(',').entries()) {
    const part = untrimmed.trim().toLowerCase()
    const where = `${what} '${excerpt(text)}': part ${String(i + 1)}`
    if (part === '') throw invalid(`${where} is empty`)
    if (/^-?\d+$/.test(part)) {
      alwaysKeep = Math.max(alwaysKeep, toCount(where, part))
    } else {
      rules.push(toRule(where, part))
    }
  }
  return { alwaysKeep, rules }
}

/** Explain a schedule in lines for people. */
export function describeSchedule(schedule: Schedule): readonly string[] {
  const { alwaysKeep, rules } = schedule
  const lines = rules.map(({ description }) => description)
  if (alwaysKeep > 0) {
    lines.unshift(`Keep the last ${counted(alwaysKeep, 'snapshot')}.`)
  }
  return lines.length > 0 ? lines : ['Keep no old snapshots.']
}

function toCount(where: string, part: string): number {
  const count = Number(part)
  if (part.startsWith('-')) {
    throw invalid(`${where}, '${excerpt(part)}', is negative`)
  }
  if (!Number.isSafeInteger(count)) {
    throw invalid(`${where}, '${excerpt(part)}', is too large`)
  }
  return count
}

function toRule(where: string, part: string): ThinRule {
  const at = `${where}, '${excerpt(part)}'`
  const [, n = '', unit = '', ttlN = '', ttlUnit = '', rest = ''] =
    /^(\d*)([a-z]*)(\d*)([a-z]*)([^]*)$/.exec(part) ?? []
  if (n === '' || unit === '') {
    throw invalid(`${at}, is neither a number nor a rule`)
  }
  const period = toDuration(at, n, unit)
  if (ttlN === '' && rest === '') {
    throw invalid(`${at}, has an interval, but no time to live`)
  }
  if (ttlN === '' || ttlUnit === '') {
    throw invalid(`${at}, has no time to live with a unit`)
  }
  const ttl = toDuration(at, ttlN, ttlUnit)
  if (rest !== '') {
    throw invalid(`${at}, has text after its rule: '${excerpt(rest)}'`)
  }
  checkLengths(at, period, ttl)
  return {
    text: part,
    period: period.seconds,
    ttl: ttl.seconds,
    description: `Keep every ${period.words}, delete after ${ttl.words}.`,
  }
}

function checkLengths(at: string, period: Duration, ttl: Duration): void {
  if (period.seconds === 0) throw invalid(`${at}, has an interval of 0`)
  if (period.seconds > ttl.seconds) {
    throw invalid(
      `${at}, has an interval (${period.words}) longer than its time to live (${ttl.words})`,
    )
  }
}

function invalid(message: string): Z3Error {
  return new Z3Error('usage', message, {
    hint: `Write parts with commas between: a number of snapshots to keep always, or an interval and a time to live that is not shorter, in ${UNIT_LIST} (m: 30 days, y: 365.25 days): ${DEFAULT_SCHEDULE}.`,
  })
}
