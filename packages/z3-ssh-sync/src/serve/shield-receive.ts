import type { Given, Parsed } from './read-options.js'

/**
 * Properties by which a stream could lay hands on the host: mount over its
 * directories, share them, bring programs that run as others and device files.
 */
const DANGEROUS = ['mountpoint', 'sharenfs', 'sharesmb', 'exec', 'setuid', 'devices'] as const

/**
 * Options for `zfs receive` as root, which may do anything that a stream says
 * (`zfs send -p`): nothing is mounted, and those properties of the stream do not
 * count. A user who is not root has only what `zfs allow` gives.
 */
export function shieldReceive({ given, operands }: Parsed): readonly Given[] {
  const receives = !given.some(({ letter }) => letter === 'A')
  if (operands.length === 0 || !receives) return given
  // zfs takes no property twice
  const named = given.map(({ value }) => value?.split('=')[0])
  const excluded = DANGEROUS.filter((property) => !named.includes(property))
  const mounts = !given.some(({ letter }) => letter === 'u')
  return [
    ...(mounts ? [{ letter: 'u', value: undefined }] : []),
    ...given,
    ...excluded.map((value) => ({ letter: 'x', value })),
  ]
}

/**
 * Does a line of stderr tell no more than that an option of ours has no meaning
 * for a volume?
 */
export function isAboutShield(line: string): boolean {
  const property = /^Warning: .*: property '(\w+)' does not apply to datasets of this type$/.exec(
    line,
  )?.[1]
  return DANGEROUS.some((name) => name === property)
}
