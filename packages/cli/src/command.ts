import yargs, { type Argv } from 'yargs'
import { EXIT, suggest, Z3Error } from '@z3/core'
import {
  allOptions,
  IMPLIED,
  REPEATABLE,
  usageError,
  type Arguments,
  type CommandSpec,
  type Option,
  type OptionTable,
} from './command-spec.js'
import { expandWords } from './expand-words.js'
import type { Io } from './io.js'
import { renderHelp } from './render-help.js'
import { reportError } from './report-error.js'

const { help, version } = IMPLIED
/** Options of the parser that may be abbreviated: `--he` is --help alone. */
export const ABBREVIATED = { help, version } as const

/** How words are read, here and where a subcommand is looked for. */
export const PARSER = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
} as const

/**
 * Parse a command line and run what it asks for. Errors are reported here.
 *
 * @param action gets the words, too, as the parser has read them: their order counts for some
 * @returns the exit status
 */
export async function runCommand<O extends OptionTable>(
  spec: CommandSpec<O>,
  argv: readonly string[],
  io: Io,
  action: (args: Arguments<O>, help: () => string, words: readonly string[]) => Promise<number>,
): Promise<number> {
  let flags = earlyFlags(spec, argv)
  try {
    const words = expandWords(argv, { ...allOptions(spec), ...ABBREVIATED })
    flags = earlyFlags(spec, words)
    const parser = createParser(spec)
    const help = (all: boolean) => renderHelp(spec, all)
    let output = ''
    const parsed: Record<string, unknown> = await parser.parseAsync(
      words,
      {},
      (_error: unknown, _args: unknown, text: string) => {
        output = text
      },
    )
    if (output !== '') {
      io.stdout.write(`${parsed['help'] === true ? help(flags.helpAll) : output}\n`)
      return EXIT.ok
    }
    flags.debug ||= parsed['debug'] === true
    const args = checkArguments(spec, {
      ...parsed,
      // the parser does not tell a `--` with nothing behind it from none
      '--': argv.includes('--') ? (parsed['--'] ?? []) : undefined,
    })
    return await action(args, () => help(false), words)
  } catch (error) {
    return reportError(error, io, { name: spec.program ?? spec.name, ...flags })
  }
}

/** Known before the parser has read them: it may be what fails. */
function earlyFlags<O extends OptionTable>(
  spec: CommandSpec<O>,
  words: readonly string[],
): { debug: boolean; json: boolean; helpAll: boolean } {
  const ours = words.slice(0, endOfOptions(words))
  return {
    debug: ours.includes('--debug'),
    json: 'json' in spec.options && ours.includes('--json'),
    helpAll: ours.includes('--help-all'),
  }
}

function createParser<O extends OptionTable>(spec: CommandSpec<O>): Argv {
  const parser = yargs()
    .scriptName(spec.name)
    .locale('en')
    .updateStrings({
      'Arguments %s and %s are mutually exclusive': '--%s and --%s exclude each other',
    })
    .parserConfiguration({ ...PARSER, 'populate--': true })
    .options(allOptions(spec))
    .strictOptions()
    .help('help')
    .alias('help', ['h', 'help-all'])
    .version(spec.version)
    .alias('version', 'V')
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

function checkArguments<O extends OptionTable>(
  spec: CommandSpec<O>,
  parsed: Record<string, unknown>,
): Arguments<O> {
  const before = parsed['_'] as string[]
  const after = parsed['--'] as string[] | undefined
  // POSIX, Utility Syntax Guidelines, 10: what follows `--` is no option
  const operands = spec.takesCommand ? before : [...before, ...(after ?? [])]
  const command = spec.takesCommand ? after : undefined
  const { least, most } = spec.operands
  if (operands.length < least) {
    throw usageError(spec, `too few arguments: $0 ${spec.usage}`)
  }
  if (operands.length > most) {
    throw usageError(spec, `unexpected argument '${String(operands[most])}'`)
  }
  if (command?.length === 0) {
    throw usageError(spec, `no command after '--'`)
  }
  const single: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(allOptions(spec))) {
    const given = parsed[name]
    if (!Array.isArray(given) || option.array || REPEATABLE.has(option)) continue
    if (spec.repeats !== 'last') {
      throw usageError(spec, `--${name} may be given only once`)
    }
    single[name] = given.at(-1)
  }
  return { ...parsed, ...single, operands, command } as unknown as Arguments<O>
}

function endOfOptions(argv: readonly string[]): number {
  const at = argv.indexOf('--')
  return at < 0 ? argv.length : at
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

/** What an unknown option was probably meant to be: `, did you mean --quiet?` */
export function suggestOption(word: string, options: OptionTable): string {
  if (word.length < 3) return ''
  const names = Object.entries({ ...options, ...IMPLIED }).flatMap(
    ([name, { alias = [] }]: [string, Option]) => [name, ...[alias].flat()],
  )
  const meant = suggest(
    word,
    names.filter((name) => name.length > 2),
  )
  return meant === undefined ? '' : `, did you mean --${meant}?`
}
