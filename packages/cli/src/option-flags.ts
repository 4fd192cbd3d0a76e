import { OPTIONS, TABLE, type FlagKey, type Flags } from '@z3/config'
import type { Options } from 'yargs'

/** An option whose value is text: the configuration checks it. */
export interface TextOption extends Options {
  readonly type: 'string'
}

/** Flag names of rows of the option table, each with its yargs option. */
type FlagOptions<K extends FlagKey> = {
  readonly [P in K as (typeof TABLE)[P]['flag']]: TextOption
}

/**
 * The yargs options of rows of the option table, so that help says what the
 * table says.
 */
export function optionFlags<K extends FlagKey>(
  ...keys: readonly K[]
): FlagOptions<K> {
  const options = keys.map((key) => {
    const { flag, flagAliases, description } = TABLE[key]
    const option: TextOption = {
      type: 'string',
      requiresArg: true,
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
