import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** Directories of the XDG Base Directory Specification, and their defaults below HOME. */
const DEFAULTS = { XDG_CACHE_HOME: '.cache', XDG_STATE_HOME: '.local/state' } as const

/**
 * The file in which z3 keeps something about one place in one store. Relative paths
 * are ignored, as the specification says.
 *
 * @param kind the beginning of its name
 * @param place the store's title and what is meant below it
 * @returns undefined where there is no home
 */
export function xdgFile(
  env: NodeJS.ProcessEnv,
  variable: keyof typeof DEFAULTS,
  kind: string,
  place: string,
): string | undefined {
  const { [variable]: given = '', HOME: home = '' } = env
  const below = home.startsWith('/') ? join(home, DEFAULTS[variable]) : undefined
  const base = given.startsWith('/') ? given : below
  if (base === undefined) return undefined
  const name = createHash('sha256').update(place).digest('hex').slice(0, 32)
  return join(base, 'z3', `${kind}-${name}.json`)
}
