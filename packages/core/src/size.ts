import { Z3Error } from './errors.js'

const KI = 1024
const UNITS = { K: KI, M: KI ** 2, G: KI ** 3, T: KI ** 4 } as const
const UNIT_NAMES = ['T', 'G', 'M', 'K'] as const

/** 1 MiB in bytes. */
export const MIB = UNITS.M
/** 1 GiB in bytes. */
export const GIB = UNITS.G
/** 1 TiB in bytes. */
export const TIB = UNITS.T

/**
 * Read a size as z3 writes it: an integer, then nothing (bytes) or one of K, M,
 * G, T (powers of 1024, any case). `10MB` and `1.5G` are errors, as in z3.
 *
 * @returns bytes
 * @throws Z3Error `invalid-size`
 */
export function parseSize(text: string): number {
  const match = /^(\d+)([KMGT]?)$/i.exec(text)
  const unit = match?.[2]?.toUpperCase() as keyof typeof UNITS | '' | undefined
  const bytes = match === null ? NaN : Number(match[1]) * (unit ? UNITS[unit] : 1)
  if (!Number.isSafeInteger(bytes)) {
    throw new Z3Error('invalid-size', `invalid size '${text}'`, {
      hint: 'Write an integer, then K, M, G or T for powers of 1024: 5M, 512K, 2G.',
    })
  }
  return bytes
}

/**
 * Write a size so that `parseSize` reads the same number of bytes: with the largest unit that
 * divides the size, else as bytes.
 */
export function formatSize(bytes: number): string {
  const unit = UNIT_NAMES.find((u) => bytes > 0 && bytes % UNITS[u] === 0)
  return unit ? `${String(bytes / UNITS[unit])}${unit}` : String(bytes)
}

/**
 * Write a size for people to read, as `zfs list` does: `48.8G`, `1.50M`, `512B` (zfs_nicenum_format
 * in OpenZFS's lib/libzutil/zutil_nicenum.c): up to two decimals, so that the text has at most five
 * characters with the unit, and none if the unit divides the size.
 */
export function humanSize(bytes: number): string {
  const unit = UNIT_NAMES.find((u) => bytes >= UNITS[u])
  if (!unit) return `${String(bytes)}B`
  const value = bytes / UNITS[unit]
  if (Number.isInteger(value)) return `${String(value)}${unit}`
  const texts = [2, 1, 0].map((digits) => `${value.toFixed(digits)}${unit}`)
  return texts.find((text) => text.length <= 5) ?? String(texts.at(-1))
}

const Z3_UNITS = ['M', 'G', 'T'] as const

/**
 * Write a size as z3's status and success lines do, which scripts read:
 * `4.77 M`. It changes the unit above 1024, not at it: 1 GiB is `1024 M`.
 */
export function z3Size(bytes: number): string {
  let value = bytes / MIB
  let unit = 0
  while (value > 1024 && unit < Z3_UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${twoDecimals(value)} ${String(Z3_UNITS[unit])}`
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
