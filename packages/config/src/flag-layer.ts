import { checkValue, type CheckedValue } from './check-value.js'
import type { Layer, Sourced } from './layer.js'
import { OPTIONS, type FlagKey, type Key, type Option } from './options.js'
import { problemError, type Problem } from './problem.js'

/**
 * What the command line sets, as the parser of the flags hands it over: text,
 * or a number. `undefined` is a flag that was not given.
 */
export type Flags = Readonly<Partial<Record<FlagKey, unknown>>>

/**
 * Check the flags.
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
  if (problems.length > 0) {
    throw problemError(
      'usage',
      problems,
      'the command line',
      'Correct the command line; --help shows what each flag takes.',
    )
  }
  return layer
}

// A key without a flag is never looked at: no secret comes this way.
function flagValue(flags: Flags, option: Option): unknown {
  const values: Partial<Record<Key, unknown>> = flags
  return option.flag === undefined ? undefined : values[option.key]
}

function checkFlag(option: Option, given: unknown): CheckedValue {
  if (Array.isArray(given)) {
    return { what: 'given more than once (allowed: once)' }
  }
  return typeof given === 'string' || typeof given === 'number'
    ? checkValue(option, String(given))
    : { what: 'a value is missing' }
}
