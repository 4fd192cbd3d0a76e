import { COMPRESSORS, suggest } from '@z3/core'
import { refusal } from './refusal.js'

/** The compressors of COMPRESSOR that no file has to define. */
export const BUILT_IN = ['none', ...COMPRESSORS.keys(), 'gpg'] as const

/**
 * What is wrong with a value of COMPRESSOR. Apart from parseValue, since the
 * file has to be read first.
 *
 * @param defined the names of `[compressor:NAME]`
 * @returns undefined if it may be named
 */
export function compressorProblem(value: string, defined: Iterable<string>): string | undefined {
  const allowed = [...BUILT_IN, ...defined]
  if (allowed.includes(value)) return undefined
  const meant = suggest(value, allowed)
  const hint = meant === undefined ? '' : `did you mean ${meant}? `
  return refusal(value, 'a compressor', allowed.join(', '), hint)
}
