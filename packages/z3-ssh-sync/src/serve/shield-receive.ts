import type { Given, Parsed } from './read-options.js'

/**
 * Properties by which a stream could compromise the host: mount over its directories, share them,
 * provide setuid programs and device files.
 */
const DANGEROUS = ['mountpoint', 'sharenfs', 'sharesmb', 'exec', 'setuid', 'devices'] as const

/**
 * Options for `zfs receive` as root, where a stream may contain any property (`zfs send -p`): mount
 * nothing, and ignore those properties of the stream. Other users have only what `zfs allow`
 * grants.
 */
export function shieldReceive({ given, operands }: Parsed): readonly Given[] {
  const receives = !given.some(({ letter }) => letter === 'A')
  if (operands.length === 0 || !receives) return given
  // zfs refuses a repeated property
  const named = given.map(({ value }) => value?.split('=')[0])
  const excluded = DANGEROUS.filter((property) => !named.includes(property))
  const mounts = !given.some(({ letter }) => letter === 'u')
  return [
    ...(mounts ? [{ letter: 'u', value: undefined }] : []),
    ...given,
    ...excluded.map((value) => ({ letter: 'x', value })),
  ]
}

/** Whether a line of stderr only says that one of our options does not apply to a volume. */
export function isAboutShield(line: string): boolean {
  const property = /^Warning: .*: property '(\w+)' does not apply to datasets of this type$/.exec(
    line,
  )?.[1]
  return DANGEROUS.some((name) => name === property)
}
