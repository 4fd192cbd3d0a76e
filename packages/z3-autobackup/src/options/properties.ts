import { Z3Error } from '@z3/core'
import { checkReceiveOptions } from '@z3/zfs'

/** Changes to the properties in a stream. */
export interface PropertyOptions {
  /** Ignored: `zfs receive -x`. */
  readonly filter: readonly string[]
  /** `PROPERTY=VALUE`: `zfs receive -o`. */
  readonly set: readonly string[]
}

/** Properties that volumes do not have. */
const OF_FILESYSTEMS = ['canmount', 'mountpoint']

/**
 * Check the options.
 *
 * @throws Z3Error `usage`
 */
export function readProperties(given: PropertyOptions): PropertyOptions {
  const names = [...given.filter, ...given.set.map(nameOf)]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new Z3Error('usage', `property '${twice}' is specified twice`, {
      hint: 'Filter or set each property only once; --clear-refreservation and --clear-mountpoint count, too.',
    })
  }
  checkReceiveOptions(words(given))
  return given
}

/**
 * Words for zfs receive.
 *
 * @param type of the dataset
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
