import { OPTIONS, TABLE, type FlagKey, type Flags } from '@z3/config'

/**
 * Flag names of rows of the option table, each with its yargs option: a text,
 * which the configuration checks.
 */
type FlagOptions<K extends FlagKey> = {
  readonly [P in K as (typeof TABLE)[P]['flag']]: {
    readonly type: 'string'
    readonly requiresArg: true
    readonly alias: string[]
    readonly describe: string
  }
}

/**
 * The yargs options of rows of the option table, so that help says what the
 * table says.
 */
export function optionFlags<K extends FlagKey>(...keys: readonly K[]): FlagOptions<K> {
  const options = keys.map((key) => {
    const { flag, flagAliases, description } = TABLE[key]
    const option = {
      type: 'string' as const,
      requiresArg: true as const,
      alias: [...flagAliases],
      describe: description.replace(/\.$/, ''),
    }
    return [flag, option] as const
  })
  // the keys of the object are the flags of the rows that were asked for
  return Object.fromEntries(options) as FlagOptions<K>
}

/** What the command line sets of the option table. */
export function flagValues(args: Readonly<Record<string, unknown>>): Flags {
  return Object.fromEntries(
    OPTIONS.filter(({ flag }) => flag !== undefined).map(({ key, flag }) => [
      key,
      args[flag ?? ''],
    ]),
  )
}
