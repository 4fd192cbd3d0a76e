import { MIB } from './size.js'

const UNITS = ['M', 'G', 'T'] as const

/**
 * Write a size as z3's status and success lines do, which scripts read:
 * `4.77 M`. It changes the unit above 1024, not at it: 1 GiB is `1024 M`.
 */
export function z3Size(bytes: number): string {
  let value = bytes / MIB
  let unit = 0
  while (value > 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${twoDecimals(value)} ${String(UNITS[unit])}`
}

/** As Python's `'{:.2f}'` without its last zeros: halves go to the even digit. */
function twoDecimals(value: number): string {
  const hundredths = value * 100
  const below = Math.floor(hundredths)
  // only odd eighths are halves of a hundredth, and those are exact
  const isHalf = Number.isInteger(value * 8) && hundredths - below === 0.5
  const text = isHalf ? ((below + (below % 2)) / 100).toFixed(2) : value.toFixed(2)
  return text.replace(/\.?0+$/, '')
}
