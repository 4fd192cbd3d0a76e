import {
  MONITOR_KEYS,
  optionOf,
  OPTIONS,
  STORE_KEYS,
  TRANSFER_KEYS,
  UPLOAD_KEYS,
  type FlagKey,
  type FlagOf,
  type Flags,
} from '@z3/config'

/**
 * Flag names of rows of the option table, each with its yargs option: a text, which the
 * configuration checks.
 */
type FlagOptions<K extends FlagKey> = {
  readonly [P in K as FlagOf<P>]: {
    readonly type: 'string'
    readonly requiresArg: true
    readonly alias: string[]
    readonly describe: string
    readonly value: string
    readonly env: string
    readonly group: string
  }
}

/** The yargs options of rows of the option table, so that help says what the table says. */
export function optionFlags<K extends FlagKey>(...keys: readonly K[]): FlagOptions<K> {
  const options = keys.map((key) => {
    const { flag, flagAliases, description, metavar, env, group } = optionOf(key)
    const option = {
      type: 'string' as const,
      requiresArg: true as const,
      alias: [...flagAliases],
      describe: description.replace(/\.$/, ''),
      value: metavar,
      // z3's name where it counts
      env: env.includes(key) ? key : env[0],
      group,
    }
    return [flag, option] as const
  })
  // the keys of the object are the flags of the rows that were asked for
  return Object.fromEntries(options) as FlagOptions<K>
}

/** The options that say which store is meant, and how it is reached. */
export const storeOptions = optionFlags(...STORE_KEYS)

/** The options that bound a transfer. */
export const limitOptions = optionFlags(...TRANSFER_KEYS)

/** Flags of every program that runs unattended. */
export const monitorOptions = optionFlags(...MONITOR_KEYS)

/** Flags of every program that uploads. */
export const uploadOptions = optionFlags(...UPLOAD_KEYS)

/** What the command line sets of the option table. */
export function flagValues(args: Readonly<Record<string, unknown>>): Flags {
  return Object.fromEntries(
    OPTIONS.filter(({ flag }) => flag !== undefined).map(({ key, flag }) => [
      key,
      args[flag ?? ''],
    ]),
  )
}
