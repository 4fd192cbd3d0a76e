import { Z3Error } from './errors.js'
import { parseSize } from './size.js'

/** A bandwidth limit that depends on the time of day. */
export interface RateSchedule {
  /** Of several that apply, the first one counts. */
  readonly windows: readonly RateWindow[]
  /** Bytes per second at all other times; undefined: unlimited. */
  readonly otherwise: number | undefined
}

/** A part of each day, local time. */
export interface RateWindow {
  /** Minutes after midnight; if `to` is not later than `from`, it is one of the next day. */
  readonly from: number
  readonly to: number
  /** Bytes per second; undefined: unlimited. */
  readonly rate: number | undefined
}

/** Less would let connections wait until a server closes them, bytes per second. */
const LEAST = 1024

/**
 * Read a bandwidth limit: `20M`, bytes per second, or with times `08:00-18:00 2M, 20M`. `none` is
 * no limit.
 *
 * @throws Z3Error `config`: what is wrong, but not where
 */
export function parseRate(text: string): RateSchedule {
  const windows: RateWindow[] = []
  const parts = text.split(',').map((part) => part.trim())
  for (const [index, part] of parts.entries()) {
    const [first = '', second, ...more] = part.split(/\s+/)
    if (more.length > 0 || first === '') throw invalid(text, `'${part}' is not a rate`)
    if (second !== undefined)
      windows.push({ ...parseTimes(first, text), rate: bytes(second, text) })
    else if (index < parts.length - 1) throw invalid(text, `'${part}' without times must be last`)
    else return { windows, otherwise: bytes(first, text) }
  }
  return { windows, otherwise: undefined }
}

/**
 * The limit at a time, bytes per second; undefined: none. Times are those of the clock on the wall:
 * an hour that a clock skips is missing, and one that it repeats counts twice.
 */
export function rateAt({ windows, otherwise }: RateSchedule, date: Date): number | undefined {
  const minute = date.getHours() * 60 + date.getMinutes()
  const window = windows.find(({ from, to }) =>
    from < to ? from <= minute && minute < to : from <= minute || minute < to,
  )
  return window ? window.rate : otherwise
}

/** The share of one of several transfers that run at once. */
export function divideRate({ windows, otherwise }: RateSchedule, count: number): RateSchedule {
  const share = (rate: number | undefined) =>
    rate === undefined ? undefined : Math.max(LEAST, Math.floor(rate / count))
  return {
    windows: windows.map((window) => ({ ...window, rate: share(window.rate) })),
    otherwise: share(otherwise),
  }
}

/** Write a limit so that parseRate reads the same. */
export function formatRate({ windows, otherwise }: RateSchedule): string {
  const rate = (value: number | undefined) => (value === undefined ? 'none' : String(value))
  const parts = windows.map(
    (window) => `${clock(window.from)}-${clock(window.to)} ${rate(window.rate)}`,
  )
  return [...parts, ...(otherwise === undefined && parts.length > 0 ? [] : [rate(otherwise)])].join(
    ', ',
  )
}

function clock(minute: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}

function parseTimes(text: string, all: string): Pick<RateWindow, 'from' | 'to'> {
  const match = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text)
  const [h1 = NaN, m1 = NaN, h2 = NaN, m2 = NaN] = (match ?? []).slice(1).map(Number)
  const isTime = h1 < 24 && m1 < 60 && m2 < 60 && (h2 < 24 || (h2 === 24 && m2 === 0))
  if (!isTime) throw invalid(all, `'${text}' is not a time of day`)
  const from = h1 * 60 + m1
  const to = h2 * 60 + m2
  if (from === to) throw invalid(all, `'${text}' is empty`)
  return { from, to }
}

function bytes(text: string, all: string): number | undefined {
  if (text === 'none') return undefined
  const rate = sizeOf(text)
  if (rate !== undefined && rate >= LEAST) return rate
  throw invalid(all, `'${text}' is not a number of bytes per second of at least 1K`)
}

function sizeOf(text: string): number | undefined {
  try {
    return parseSize(text)
  } catch (error) {
    if (error instanceof Z3Error) return undefined
    throw error
  }
}

function invalid(text: string, why: string): Z3Error {
  return new Z3Error(
    'config',
    `'${text}' is not a bandwidth limit: ${why} (allowed: 20M, or 08:00-18:00 2M, 20M; none: no limit)`,
  )
}
