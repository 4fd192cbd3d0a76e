import { humanDuration } from '@z3/core'
import { isFuture } from '../status/status-text.js'

/** `2026-11-30 05:12`, UTC. */
export function timeText(seconds: number | undefined): string {
  if (seconds === undefined) return 'unknown'
  return new Date(seconds * 1000).toISOString().slice(0, -8).replace('T', ' ')
}

/** `2d 3h`; a time in the future is that of a wrong clock, and has no age. */
export function ageText(seconds: number | undefined, now: number): string {
  if (seconds === undefined) return 'unknown'
  if (isFuture(seconds, now)) return 'in the future'
  return humanDuration(now - seconds)
}

/** `2d 3h old`. */
export function oldText(seconds: number | undefined, now: number): string {
  if (seconds === undefined) return 'of unknown age'
  const age = ageText(seconds, now)
  return isFuture(seconds, now) ? `created ${age}` : `${age} old`
}

/** `1 snapshot`, `1,000 snapshots`. */
export function countText(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `1,000`. */
export function numberText(value: number): string {
  return value.toLocaleString('en-US')
}
