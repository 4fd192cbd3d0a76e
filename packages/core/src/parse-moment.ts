import { Z3Error } from './errors.js'
import { excerpt, toDuration } from './thin/duration.js'

const FORM =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/

/**
 * An age, in the units of schedules but for months: on the command line, `m` means minutes
 * elsewhere.
 */
const AGE = /^(\d+)(s|min|h|d|w|y)$/

/** Of ages, milliseconds: S3 is younger. */
const OLDEST = 100 * 365.25 * 86_400_000

/**
 * Read a moment in the past: ISO 8601, `2026-11-28 14:30` in local time, `2026-11-28` for the
 * start of that day, or an age such as `3d`.
 *
 * @param flag as it is typed, for messages: `--as-of`
 * @returns gives the moment, by the current time of the clock that decides; throws Z3Error `usage`
 *   for the future
 * @throws Z3Error `usage`
 */
export function parseMoment(flag: string, text: string): (now: Date) => Date {
  const timeAt = readTime(flag, text)
  return (now) => {
    const time = new Date(timeAt(now.getTime()))
    if (time <= now) return time
    throw new Z3Error(
      'usage',
      `${flag}: ${time.toISOString()} is in the future: the server has ${now.toISOString()}`,
      { hint: 'Give a time in the past; without a time zone, it is local time.' },
    )
  }
}

/** Milliseconds since the epoch. */
function readTime(flag: string, text: string): (now: number) => number {
  const [, digits, unit] = AGE.exec(text) ?? []
  if (digits !== undefined && unit !== undefined) {
    const age = toDuration(flag, digits, unit).seconds * 1000
    if (age <= OLDEST) return (now) => now - age
  }
  const [, date, clock = '00:00', zone = ''] = FORM.exec(text) ?? []
  if (date !== undefined && isDay(date)) {
    const time = Date.parse(`${date}T${clock}${zone}`)
    if (!Number.isNaN(time)) return () => time
  }
  throw new Z3Error(
    'usage',
    `${flag}: '${excerpt(text)}' is not a time (allowed: 2026-11-28, '2026-11-28 14:30', 2026-11-28T14:30:00Z, or an age such as 12h, 3d or 2w)`,
    { hint: 'Ages have the units s, min, h, d, w and y.' },
  )
}

/** Date.parse takes February 30 for March 2. */
function isDay(date: string): boolean {
  const midnight = new Date(`${date}T00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date)
}
