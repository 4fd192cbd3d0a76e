import { suggest, type Z3Error } from '@z3/core'
import { describeSource, type Layer, type Source, type Sourced } from './layers.js'
import { OPTIONS, type FlagKey, type Key, type Option } from './options.js'
import { problemError, type Problem } from './problem.js'
import { checkValue } from './values.js'

/**
 * What the command line sets, as the parser of the flags hands it over: text, or a number.
 * `undefined` is a flag that was not given.
 */
export type Flags = Readonly<Partial<Record<FlagKey, unknown>>>

/**
 * Check the flags, but for the name of a compressor, which a file may define. Keys without a flag
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
  if (problems.length > 0) throw flagError(problems)
  return layer
}

/** The error for flags with bad values. */
export function flagError(problems: readonly Problem[]): Z3Error {
  return problemError(
    'usage',
    problems,
    'the command line',
    'Correct the command line; --help shows the values of each option.',
  )
}

const PREFIX = 'Z3_'
const NAMES = ['Z3_CONFIG', ...OPTIONS.flatMap((option) => option.env)].filter((name) =>
  name.startsWith(PREFIX),
)

/**
 * Check the environment, but for the name of a compressor, which a file may define. Ignore a
 * variable that a flag or another variable overrides: `COMPRESSOR` and others may belong to another
 * program.
 *
 * @param flags what the command line has settled
 */
export function environmentLayer(
  env: NodeJS.ProcessEnv,
  flags: Layer,
): { layer: Layer; problems: readonly Problem[]; warnings: string[] } {
  const read = readLayer(({ key, env: names, mayBeEmpty }) => {
    // An empty variable is how shells, containers and service files write 'not set', and how the
    // SDK of AWS reads it, unless empty means something.
    const name = names.find((each) => env[each] || (mayBeEmpty && env[each] === ''))
    if (flags.has(key) || name === undefined) return undefined
    return { given: env[name], source: { kind: 'environment', name } }
  })
  return { ...read, warnings: misspelt(env) }
}

/** What one place gives for an option, not yet checked. */
interface Given {
  readonly given: unknown
  readonly source: Source
}

function readLayer(find: (option: Option) => Given | undefined): {
  layer: Layer
  problems: readonly Problem[]
} {
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

// Other programs' variables may start with Z3_ too, so this is no error.
function misspelt(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !NAMES.includes(name))
    .flatMap((name) => {
      const meant = suggest(name, NAMES)
      return meant === undefined
        ? []
        : [`environment variable ${name} sets nothing (did you mean ${meant}?)`]
    })
}
