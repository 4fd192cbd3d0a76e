import { parseSize, Z3Error } from '@z3/core'
import ms, { type StringValue } from 'ms'

/**
 * Read a flag that takes a length of time: `90s`, `30m`, `24h`, `1.5d`, `2w`. A bare number is
 * refused, since nobody knows its unit a year later.
 *
 * @param flag as it is typed, for the message: `--older-than`
 * @returns seconds, 0 or more
 * @throws Z3Error `usage`
 */
export function durationFlag(flag: string, text: string): number {
  const seconds = /^\d+(\.\d+)?[smhdw]$/.test(text) ? ms(text as StringValue) / 1000 : NaN
  if (!Number.isFinite(seconds)) {
    throw new Z3Error(
      'usage',
      `${flag}: '${text}' is not a duration (allowed: a number and s, m, h, d or w, for seconds to weeks: 90s, 24h, 7d)`,
      { hint: 'Write the number and its unit without a space.' },
    )
  }
  return seconds
}

/**
 * Read a flag that takes a size: `10M`.
 *
 * @param flag as it is typed, for the message: `--buffer`
 * @returns bytes
 * @throws Z3Error `usage`
 */
export function sizeFlag(flag: string, text: string): number {
  try {
    return parseSize(text)
  } catch (cause) {
    if (!(cause instanceof Z3Error)) throw cause
    throw new Z3Error('usage', `${flag}: ${cause.message}`, {
      hint: cause.hint,
      cause,
    })
  }
}
