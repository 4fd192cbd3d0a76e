import { Z3Error } from '@z3/core'
import { checkReceiveOptions } from '@z3/zfs'

/** What is changed of the properties that a stream brings. */
export interface PropertyOptions {
  /** Not taken over: `zfs receive -x`. */
  readonly filter: readonly string[]
  /** `PROPERTY=VALUE`: `zfs receive -o`. */
  readonly set: readonly string[]
}

/** Those that a volume does not have. */
const OF_FILESYSTEMS = ['canmount', 'mountpoint']

/**
 * Check what was asked for.
 *
 * @throws Z3Error `usage`
 */
export function readProperties(given: PropertyOptions): PropertyOptions {
  const names = [...given.filter, ...given.set.map(nameOf)]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new Z3Error('usage', `property '${twice}' is named twice`, {
      hint: 'Filter or set each property once; --clear-refreservation and --clear-mountpoint count as such.',
    })
  }
  checkReceiveOptions(words(given))
  return given
}

/**
 * Words for zfs receive.
 *
 * @param type of the dataset that is sent
 */
export function propertyWords({ filter, set }: PropertyOptions, type: string): readonly string[] {
  const fits = (name: string): boolean => type === 'filesystem' || !OF_FILESYSTEMS.includes(name)
  return words({
    filter: filter.filter(fits),
    set: set.filter((one) => fits(nameOf(one))),
  })
}

function words({ filter, set }: PropertyOptions): readonly string[] {
  return [...filter.flatMap((name) => ['-x', name]), ...set.flatMap((one) => ['-o', one])]
}

function nameOf(assignment: string): string {
  return assignment.split('=', 1)[0] ?? ''
}
