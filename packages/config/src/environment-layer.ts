import { suggest } from '@z3/core'
import { checkValue } from './check-value.js'
import type { Layer, Sourced } from './layer.js'
import { OPTIONS, type Key, type Option } from './options.js'
import type { Problem } from './problem.js'

const PREFIX = 'Z3_'
const NAMES = ['Z3_CONFIG', ...OPTIONS.flatMap((option) => option.env)].filter((name) =>
  name.startsWith(PREFIX),
)

/**
 * Check the environment, but for the name of a compressor, which a file may
 * define. A variable that a flag or a stronger variable
 * overrides is not looked at: `COMPRESSOR` and the like may belong to another
 * program.
 *
 * @param flags what the command line has settled
 */
export function environmentLayer(
  env: NodeJS.ProcessEnv,
  flags: Layer,
): { layer: Layer; problems: readonly Problem[]; warnings: string[] } {
  const layer = new Map<Key, Sourced>()
  const problems: Problem[] = []
  for (const option of OPTIONS) {
    const [name, text] = flags.has(option.key) ? [] : variable(env, option)
    if (name === undefined || text === undefined) continue
    const { value, what } = checkValue(option, text)
    if (what !== undefined) {
      problems.push({ where: `environment variable ${name}`, what })
    } else {
      layer.set(option.key, { value, source: { kind: 'environment', name } })
    }
  }
  return { layer, problems, warnings: misspelt(env) }
}

// An empty variable is how shells, containers and service files write 'not
// set', and how the SDK of AWS reads it, unless empty means something.
function variable(
  env: NodeJS.ProcessEnv,
  option: Option,
): readonly [name?: string, text?: string | undefined] {
  return (
    option.env
      .map((name) => [name, env[name]] as const)
      .find(([, text]) => text !== undefined && (text || option.mayBeEmpty)) ?? []
  )
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
