/**
 * How a message names a key that no table knows. Half a secret that broke onto
 * a line of its own looks like a key too, so only what could be one is shown.
 */
export function shownName(name: string): string {
  return /^\w{1,24}$/.test(name) ? `key '${name}'` : 'key'
}
