import type { Z3Error } from '@z3/core'
import { checkValue, type Checked } from './check-value.js'
import type { Layer, Sourced, Value } from './layer.js'
import { OPTIONS, type FlagKey, type Key, type Option } from './options.js'
import { problemError, type Problem } from './problem.js'

/**
 * What the command line sets, as the parser of the flags hands it over: text,
 * or a number. `undefined` is a flag that was not given.
 */
export type Flags = Readonly<Partial<Record<FlagKey, unknown>>>

/**
 * Check the flags, but for the name of a compressor, which a file may define.
 *
 * @throws Z3Error `usage` that names every flag with a bad value
 */
export function flagLayer(flags: Flags): Layer {
  const layer = new Map<Key, Sourced>()
  const problems: Problem[] = []
  for (const option of OPTIONS) {
    const given = flagValue(flags, option)
    if (given === undefined) continue
    const name = `--${String(option.flag)}`
    const checked = checkFlag(option, given)
    if (checked.what !== undefined) {
      problems.push({ where: name, what: checked.what })
    } else {
      layer.set(option.key, {
        value: checked.value,
        source: { kind: 'flag', name },
      })
    }
  }
  if (problems.length > 0) throw flagError(problems)
  return layer
}

/** The error for flags with bad values. */
export function flagError(problems: readonly Problem[]): Z3Error {
  return problemError(
    'usage',
    problems,
    'the command line',
    'Correct the command line; --help shows what each flag takes.',
  )
}

// A key without a flag is never looked at: no secret comes this way.
function flagValue(flags: Flags, option: Option): unknown {
  const values: Partial<Record<Key, unknown>> = flags
  return option.flag === undefined ? undefined : values[option.key]
}

function checkFlag(option: Option, given: unknown): Checked<Value> {
  if (Array.isArray(given)) {
    return { what: 'given more than once (allowed: once)' }
  }
  return typeof given === 'string' || typeof given === 'number'
    ? checkValue(option, String(given))
    : { what: 'a value is missing' }
}
