import yargs, { type Argv } from 'yargs'
import { Z3Error } from '@z3/core'
import {
  allOptions,
  IMPLIED,
  PARSER,
  usageError,
  type CommandSpec,
  type OptionTable,
} from './command-spec.js'
import { suggestOption } from './suggest-option.js'

/**
 * Read words as the options and operands of a program.
 *
 * @param words as `expandWords` wrote them, without a request for help or for the version
 * @returns each option by its names, operands as `_`, the words after `--` as `--`
 * @throws Z3Error `usage`
 */
export async function parseArguments<O extends OptionTable>(
  spec: CommandSpec<O>,
  words: readonly string[],
): Promise<Record<string, unknown>> {
  return createParser(spec).parseAsync(words)
}

function createParser<O extends OptionTable>(spec: CommandSpec<O>): Argv {
  const parser = yargs()
    .scriptName(spec.name)
    .locale('en')
    .updateStrings({
      'Arguments %s and %s are mutually exclusive': '--%s and --%s exclude each other',
    })
    .parserConfiguration({ ...PARSER, 'populate--': true })
    // runCommand has shown them
    .help(false)
    .version(false)
    .options({ ...allOptions(spec), ...IMPLIED })
    .strictOptions()
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | null, error: Error | undefined) => {
      // yargs passes through what a coercion threw, and words of its own else
      if (error instanceof Z3Error) throw error
      throw usageError(spec, parserMessage(spec, message ?? error?.message ?? ''))
    })
  for (const [one, other] of spec.conflicts ?? []) parser.conflicts(one, other)
  return parser
}

/** The parser's words in the style of ours. */
function parserMessage<O extends OptionTable>(spec: CommandSpec<O>, text: string): string {
  const [, what, names] = /^(Unknown|Not enough) arguments?(?: following)?: (.*)$/.exec(text) ?? []
  if (names !== undefined) {
    const given = names.split(', ')
    const flags = given.map((name) => `${name.length > 1 ? '--' : '-'}${name}`).join(', ')
    if (what !== 'Unknown') return `${flags} needs a value`
    return `unknown option ${flags}${given.length > 1 ? '' : suggestOption(given[0] ?? '', allOptions(spec))}`
  }
  const choice = /^ *Argument: (?<name>\S+), Given: (?<given>.*), Choices: (?<all>.*)$/m.exec(
    text,
  )?.groups
  if (choice) {
    const { name = '', given = '', all = '' } = choice
    return `--${name}: ${given} is not one of ${all}`.replaceAll('"', "'")
  }
  return text.charAt(0).toLowerCase() + text.slice(1)
}
