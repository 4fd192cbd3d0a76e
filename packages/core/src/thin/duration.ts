import { Z3Error } from '../errors.js'

const DAY = 86_400

/**
 * Units of zfs-autobackup's schedules, in seconds. A month has 30 days and a year 365.25, so that
 * all blocks of time have the same length.
 */
const UNITS: ReadonlyMap<string, { seconds: number; name: string }> = new Map([
  ['s', { seconds: 1, name: 'second' }],
  ['min', { seconds: 60, name: 'minute' }],
  ['h', { seconds: 3600, name: 'hour' }],
  ['d', { seconds: DAY, name: 'day' }],
  ['w', { seconds: 7 * DAY, name: 'week' }],
  ['m', { seconds: 30 * DAY, name: 'month' }],
  ['y', { seconds: 365.25 * DAY, name: 'year' }],
])

/** The units, as a message lists them. */
export const UNIT_LIST = [...UNITS.keys()].join(', ')

/** A duration as written. */
export interface Duration {
  readonly seconds: number
  /** For people to read: `1 day`, `2 weeks`. */
  readonly words: string
}

/**
 * Convert a number and its unit.
 *
 * @param where begins the message of an error
 * @param unit in lower case
 * @throws Z3Error `usage`
 */
export function toDuration(where: string, digits: string, unit: string): Duration {
  const known = UNITS.get(unit)
  if (!known) {
    throw new Z3Error(
      'usage',
      `${where}: unknown unit '${excerpt(unit)}' (allowed: ${UNIT_LIST})`,
      { hint: 'Note that m is a month and min a minute.' },
    )
  }
  const amount = Number(digits)
  const seconds = amount * known.seconds
  if (!Number.isSafeInteger(seconds)) {
    throw new Z3Error('usage', `${where}: '${excerpt(digits)}' is too large`, {
      hint: `At most ${String(Number.MAX_SAFE_INTEGER)} seconds are possible.`,
    })
  }
  return { seconds, words: counted(amount, known.name) }
}

/** A number of things: `1 day`, `2 days`. */
export function counted(amount: number, name: string): string {
  return `${String(amount)} ${name}${amount === 1 ? '' : 's'}`
}

/** A text, shortened for a message. */
export function excerpt(text: string): string {
  const most = 60
  return text.length > most ? `${text.slice(0, most)}...` : text
}
