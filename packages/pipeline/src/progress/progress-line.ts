import { cutMiddle, humanDuration, humanSize } from '@z3/core'
import type { Reading } from './meter.js'

/** A name is not cut further, however narrow the terminal; the end of the line is then. */
const LEAST_NAME = 12

/** Seconds before which the start of the programs distorts the rate. */
const SETTLED = 3

/** One line that fits a width. */
export function fitLine(reading: Reading, width: number, ellipsis: string): string {
  const figures = figuresOf(reading).join('  ')
  const room = Math.max(LEAST_NAME, width - figures.length - 2)
  return `${cutMiddle(reading.name, room, ellipsis)}  ${figures}`.slice(0, width)
}

/** One line, as long as it is. */
export function progressLine(reading: Reading): string {
  return [reading.name, ...figuresOf(reading)].join('  ')
}

/** All that run at once, in one line. */
export function totalOf(readings: readonly Reading[]): Reading {
  const sum = (values: readonly (number | undefined)[]): number | undefined =>
    values.reduce<number | undefined>(
      (total, value) => (total === undefined || value === undefined ? undefined : total + value),
      0,
    )
  return {
    name: `total of ${String(readings.length)}`,
    done: sum(readings.map(({ done }) => done)),
    size: sum(readings.map(({ size }) => size)),
    rate: sum(readings.map(({ rate }) => rate)),
    seconds: Math.max(0, ...readings.map(({ seconds }) => seconds)),
    share: undefined,
  }
}

function figuresOf(reading: Reading): readonly string[] {
  const { done, size, isExact, rate, seconds, share, note } = reading
  const parts: string[] = []
  if (done !== undefined) {
    const of = size === undefined ? '' : ` of ${isExact ? '' : 'about '}${humanSize(size)}`
    parts.push(`${humanSize(done)}${of}`)
    // an estimate that was too low has no percentage
    if (size !== undefined && size > 0 && done <= size) {
      parts.push(`${((done / size) * 100).toFixed(0)} %`)
    }
    if (rate !== undefined) {
      parts.push(`${humanSize(Math.round(rate))}/s`)
      if (size !== undefined && rate > 0 && size > done && seconds >= SETTLED) {
        parts.push(`${humanDuration((size - done) / rate)} left`)
      }
    }
  }
  parts.push(humanDuration(seconds))
  if (share !== undefined) parts.push(`all: ${(share * 100).toFixed(0)} %`)
  if (note !== undefined) parts.push(note)
  return parts
}
