/** Options of programs that take snapshots by a format of their names. */
export const tagFlags = {
  tag: {
    type: 'string',
    requiresArg: true,
    value: 'TAG',
    group: 'Snapshots',
    describe: 'Append _TAG to the names of new snapshots',
  },
  'tag-separator': {
    type: 'string',
    requiresArg: true,
    alias: 'tag-seperator',
    value: 'TEXT',
    group: 'Snapshots',
    describe: 'Text between name and tag (default: _); manages snapshots with any tag',
  },
} as const

/** What is between a name and its tag, where nothing else is asked for. */
const SEPARATOR = '_'

/**
 * Read them.
 *
 * @returns as `backupNames` of packages/zfs takes it
 */
export function readTagFlags(args: {
  readonly tag?: string | undefined
  readonly 'tag-separator'?: string | undefined
}): { readonly tag?: string; readonly tagSeparator?: string } {
  const { tag, 'tag-separator': given } = args
  const tagSeparator = given ?? (tag === undefined ? undefined : SEPARATOR)
  return {
    ...(tag === undefined ? {} : { tag }),
    ...(tagSeparator === undefined ? {} : { tagSeparator }),
  }
}
