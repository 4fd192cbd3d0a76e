import { Z3Error } from '@z3/core'
import type { Option } from './options.js'
import { parseValue } from './parse-value.js'

/** A value, or what is wrong with the text that should have been one. */
export type CheckedValue =
  | { readonly value: string | number; readonly what?: never }
  | { readonly value?: never; readonly what: string }

/** As parseValue, for callers who collect what is wrong. */
export function checkValue(option: Option, text: string): CheckedValue {
  try {
    return { value: parseValue(option, text) }
  } catch (error) {
    if (error instanceof Z3Error) return { what: error.message }
    throw error
  }
}
