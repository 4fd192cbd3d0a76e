import { parseSize, Z3Error } from '@z3/core'

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
