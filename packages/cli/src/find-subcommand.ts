import parse from 'yargs-parser'
import { PARSER } from './command.js'
import { COMMON, type OptionTable } from './command-spec.js'

/**
 * Where the subcommand stands: at the first word that is neither an option that every subcommand
 * has, nor such an option's value.
 *
 * @returns the index; the length of argv where there is none. What stands there may be an option
 *   that is not a global one.
 */
export function findSubcommand(argv: readonly string[], globals: OptionTable): number {
  const options: OptionTable = { ...globals, ...COMMON }
  const ofType = (type: string) =>
    Object.keys(options).filter((name) => options[name]?.type === type)
  const { _: rest } = parse([...argv], {
    string: ofType('string'),
    boolean: [...ofType('boolean'), 'help', 'help-all', 'version'],
    alias: {
      ...Object.fromEntries(
        Object.entries(options).map(([name, { alias = [] }]) => [name, [alias].flat()]),
      ),
      help: 'h',
      version: 'V',
    },
    configuration: {
      ...PARSER,
      'halt-at-non-option': true,
      // else the word behind an unknown option would be taken for its value
      'unknown-options-as-args': true,
    },
  })
  return argv.length - rest.length
}
