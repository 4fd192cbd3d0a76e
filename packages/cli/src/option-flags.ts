import { OPTIONS, TABLE, type FlagKey, type Flags } from '@z3/config'
import type { Options } from 'yargs'

/**
 * The yargs options of rows of the option table, so that help says what the
 * table says. Values stay text: the configuration checks them.
 */
export function optionFlags<K extends FlagKey>(
  keys: readonly K[],
): Record<string, Options> {
  return Object.fromEntries(
    keys.map((key) => {
      const { flag, flagAliases, description } = TABLE[key]
      return [
        flag,
        {
          type: 'string',
          requiresArg: true,
          alias: [...flagAliases],
          describe: description.replace(/\.$/, ''),
        } satisfies Options,
      ]
    }),
  )
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
