/** Maps times to the width of a drawing. */
export interface TimeScale {
  readonly x: (seconds: number) => number
  readonly ticks: readonly { readonly x: number; readonly label: string }[]
}

/** Of all drawings, in units of their viewBox. */
export const WIDTH = 960

/** Room for half a label on both sides. */
const MARGIN = 44

/** Of the scale. */
export const END = WIDTH - MARGIN

const HOUR = 3600
const DAY = 86_400

/** Between two ticks, seconds. */
const STEPS = [
  ...[1, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 91, 182, 365, 730, 3650, 36_500].map((days) => days * DAY),
]

const MOST_TICKS = 7

/**
 * A scale from the first to the last of some times, at least an hour.
 *
 * @param times epoch seconds; none: the hour before `now`
 * @param now the end, unless a time is later
 */
export function timeScale(times: readonly number[], now: number): TimeScale {
  const end = times.reduce((last, time) => Math.max(last, time), now)
  const begin = times.reduce((first, time) => Math.min(first, time), end - HOUR)
  const x = (seconds: number): number =>
    round(MARGIN + ((seconds - begin) / (end - begin)) * (WIDTH - 2 * MARGIN))
  const step = STEPS.find((one) => (end - begin) / one <= MOST_TICKS) ?? (end - begin) / MOST_TICKS
  const first = Math.ceil(begin / step)
  const count = Math.floor(end / step) - first + 1
  const ticks = Array.from({ length: count }, (_, i) => (first + i) * step)
  return { x, ticks: ticks.map((time) => ({ x: x(time), label: label(time, step) })) }
}

function label(seconds: number, step: number): string {
  const text = new Date(seconds * 1000).toISOString().replace(/:\d\d\..*/, '')
  return step < DAY ? text.slice(-11).replace('T', ' ') : text.replace(/T.*/, '')
}

/** A tenth of a unit is enough, and shorter. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}
