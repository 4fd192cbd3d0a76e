import { Z3Error } from '@z3/core'
import type { Value } from './layer.js'
import type { Option } from './options.js'
import { parseValue } from './parse-value.js'

/** A value, or what is wrong with the text that should have been one. */
export type Checked<T> =
  { readonly value: T; readonly what?: never } | { readonly value?: never; readonly what: string }

/** As parseValue, for callers who collect what is wrong. */
export function checkValue(option: Option, text: string): Checked<Value> {
  return checked(() => parseValue(option, text))
}

/** What a parser returns, or the message of the Z3Error that it throws. */
export function checked<T>(parse: () => T): Checked<T> {
  try {
    return { value: parse() }
  } catch (error) {
    if (error instanceof Z3Error) return { what: error.message }
    throw error
  }
}
