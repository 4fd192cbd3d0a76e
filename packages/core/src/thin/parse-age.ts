import { excerpt, toDuration, UNIT_LIST } from './duration.js'
import { Z3Error } from '../errors.js'

/**
 * Read one duration in the units of a schedule: `30d`, `6m`, `0s`.
 *
 * @param what names the value in messages: `--destroy-missing`
 * @returns seconds, 0 or more
 * @throws Z3Error `usage`
 */
export function parseAge(text: string, what = 'age'): number {
  const where = `${what} '${excerpt(text)}'`
  const [, digits, unit] = /^(\d+)([a-z]+)$/.exec(text.trim().toLowerCase()) ?? []
  if (digits === undefined || unit === undefined) {
    throw new Z3Error(
      'usage',
      `${where}: not a duration (allowed: a number and one of ${UNIT_LIST})`,
      { hint: 'Write for example 30d for 30 days.' },
    )
  }
  return toDuration(where, digits, unit).seconds
}
