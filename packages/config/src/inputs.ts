import { suggest } from '@z3/core'
import { describeSource, type Layer, type Source, type Sourced } from './layers.js'
import { OPTIONS, type FlagKey, type Key, type Option } from './options.js'
import { throwProblems, type Problem } from './problem.js'
import { checkValue } from './values/value-types.js'

/** The flags from the command line: text or numbers. `undefined`: the flag was not given. */
export type Flags = Readonly<Partial<Record<FlagKey, unknown>>>

/**
 * Check the flags, except the name of a compressor, which a file may define. Keys without a flag
 * are ignored: secrets cannot be given as flags.
 *
 * @throws Z3Error `usage` that names every flag with a bad value
 */
export function flagLayer(flags: Flags): Layer {
  const values: Partial<Record<Key, unknown>> = flags
  const { layer, problems } = readLayer(({ key, flag }) =>
    flag === undefined || values[key] === undefined
      ? undefined
      : { given: values[key], source: { kind: 'flag', name: `--${flag}` } },
  )
  throwFlagProblems(problems)
  return layer
}

/** @throws Z3Error `usage` unless there are no problems */
export function throwFlagProblems(
  problems: readonly Problem[],
  hint = 'Correct the command line; --help shows the values of each option.',
): void {
  throwProblems('usage', problems, 'the command line', hint)
}

const PREFIX = 'Z3_'
const NAMES = ['Z3_CONFIG', ...OPTIONS.flatMap((option) => option.env)].filter((name) =>
  name.startsWith(PREFIX),
)

/**
 * Check the environment, except the name of a compressor, which a file may define. Ignore a
 * variable that a flag or another variable overrides: `COMPRESSOR` and others may belong to another
 * program.
 */
export function environmentLayer(
  env: NodeJS.ProcessEnv,
  flags: Layer,
): { layer: Layer; problems: readonly Problem[]; warnings: readonly string[] } {
  const read = readLayer(({ key, env: names, empty }) => {
    // Shells, containers and service files write an unset variable as an empty one, and the AWS
    // SDK reads it so.
    const name = names.find((each) => env[each] || (empty !== undefined && env[each] === ''))
    if (flags.has(key) || name === undefined) return undefined
    return { given: env[name], source: { kind: 'environment', name } }
  })
  // Variables of other programs may start with Z3_ too, so a misspelt one is no error.
  const warnings = Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !NAMES.includes(name))
    .flatMap((name) => {
      const meant = suggest(name, NAMES)
      const what = `environment variable ${name} sets nothing (did you mean ${meant ?? ''}?)`
      return meant === undefined ? [] : [what]
    })
  return { ...read, warnings }
}

function readLayer(
  find: (option: Option) => { readonly given: unknown; readonly source: Source } | undefined,
): { layer: Layer; problems: readonly Problem[] } {
  const layer = new Map<Key, Sourced>()
  const problems: Problem[] = []
  for (const option of OPTIONS) {
    const found = find(option)
    if (found === undefined) continue
    const { given, source } = found
    const { value, what } = Array.isArray(given)
      ? { what: 'given more than once (allowed: once)' }
      : typeof given === 'string' || typeof given === 'number'
        ? checkValue(option, String(given))
        : { what: 'the value is missing' }
    if (what === undefined) layer.set(option.key, { value, source })
    else problems.push({ where: describeSource(source), what })
  }
  return { layer, problems }
}
