import { suggest } from '@z3/core'
import type { Entry } from './document.js'
import type { Source } from './layers.js'

/** The keys of a kind of section. */
export interface KeyTable<K extends string> {
  /** All names of all keys. */
  readonly names: readonly string[]
  /** The key that a name means, in any case. */
  readonly keyOf: (name: string) => K | undefined
  /** The end of the message for an unknown key that is near to none. */
  readonly otherwise: string
}

type Placed<K> =
  | { readonly key: K; readonly source: Source; readonly what?: never }
  | { readonly key?: never; readonly source?: never; readonly what: string }

/**
 * Look up which key an entry of a section sets.
 *
 * @param found what the section has set before
 * @returns the key, and the source of its value; or what is wrong: an unknown key, one that is set
 *   twice
 */
export function placeEntry<K extends string>(
  { names, keyOf, otherwise }: KeyTable<K>,
  section: string,
  { name, line }: Entry,
  found: ReadonlyMap<K, { readonly source: Source }>,
  file: string,
): Placed<K> {
  const key = keyOf(name)
  if (key === undefined) {
    const meant = suggest(name, names)
    const hint = meant === undefined ? otherwise : ` (did you mean ${meant}?)`
    return { what: `unknown ${shownName(name)} in [${section}]${hint}` }
  }
  const earlier = found.get(key)?.source
  return earlier?.kind === 'file'
    ? {
        what: `${name} in [${section}] is set already, by ${earlier.name} in line ${String(earlier.line)}`,
      }
    : { key, source: { kind: 'file', file, line, section, name } }
}

/**
 * How a message names a key that no table knows. Half a secret that broke onto a line of its own
 * looks like a key too, so only what could be one is shown.
 */
function shownName(name: string): string {
  return /^\w{1,24}$/.test(name) ? `key '${name}'` : 'key'
}
