import ms, { type StringValue } from 'ms'

/** The longest that a timer of Node takes is a day more. */
const LONGEST = ms('24d')

const UNITS = [
  ['d', ms('1d')],
  ['h', ms('1h')],
  ['m', ms('1m')],
  ['s', ms('1s')],
] as const

/**
 * Read a length of time: `90s`, `15m`, `1.5h`, `2d`. A bare number is refused,
 * since nobody knows its unit a year later.
 *
 * @returns milliseconds, or undefined if it is none from 1 ms to 24 days
 */
export function parseDuration(text: string): number | undefined {
  if (!/^\d+(\.\d+)?[smhd]$/.test(text)) return undefined
  const length = Math.round(ms(text as StringValue))
  return length > 0 && length <= LONGEST ? length : undefined
}

/** As parseDuration reads it: `15m`. */
export function formatDuration(milliseconds: number): string {
  const [unit, length] =
    UNITS.find(([, each]) => milliseconds % each === 0) ?? (['s', 1000] as const)
  return `${String(milliseconds / length)}${unit}`
}
