import yargs, { type Argv, type InferredOptionTypes, type Options } from 'yargs'
import { EXIT, Z3Error } from '@z3/core'
import { expandWords } from './expand-words.js'
import type { Io } from './io.js'
import { reportError } from './report-error.js'

/** Options that every binary has. */
export const COMMON = {
  config: {
    type: 'string',
    requiresArg: true,
    describe: 'Configuration file, in place of the usual places',
  },
  debug: {
    type: 'boolean',
    describe: 'Show stack traces and causes of errors',
  },
} as const satisfies Record<string, Options>

export type OptionTable = Readonly<Record<string, Options>>

/** Options that the parser adds. */
export const IMPLIED = {
  help: { type: 'boolean', alias: 'h' },
  version: { type: 'boolean', alias: 'V' },
} as const satisfies Record<string, Options>

/** How words are read, here and where a subcommand is looked for. */
export const PARSER = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
} as const

/** Arguments as they were parsed. */
export type Arguments<O extends OptionTable> = InferredOptionTypes<O> &
  InferredOptionTypes<typeof COMMON> & {
    /** The words before `--`; those after it, too, where it begins no command. */
    readonly operands: readonly string[]
    /** The command after `--`; undefined when there was none. */
    readonly command: readonly string[] | undefined
  }

/** The command line of a binary, or of one subcommand. */
export interface CommandSpec<O extends OptionTable> {
  /** What is typed to run it: `pput`, `z3 status`. */
  readonly name: string
  /** The program that messages begin with, where it is not the name. */
  readonly program?: string
  /** What stands behind the name in the usage line. */
  readonly usage: string
  /** The manual's first paragraph. */
  readonly description: string
  readonly options: O
  /** False: it reads no configuration, and has no --config. */
  readonly readsConfig?: false
  /** How many operands it takes. */
  readonly operands: { readonly least: number; readonly most: number }
  /** Does `--` begin a command? Else operands, even those that begin with `-`. */
  readonly takesCommand: boolean
  /** Of an option that is given several times the last counts; by default, an error. */
  readonly repeats?: 'last'
  /** Pairs of options that exclude each other. */
  readonly conflicts?: readonly (readonly [string, string])[]
  readonly examples: readonly (readonly [command: string, what: string])[]
  /** Subcommands, for the help alone: runSubcommands finds and runs them. */
  readonly commands?: readonly (readonly [usage: string, what: string])[]
  /** Lines for EXIT STATUS. */
  readonly exitStatus: string
  readonly version: string
}

/**
 * Parse a command line and run what it asks for. Errors are reported here.
 *
 * @param action gets the words, too, as the parser has read them: their order
 *   counts for some
 * @returns the exit status
 */
export async function runCommand<O extends OptionTable>(
  spec: CommandSpec<O>,
  argv: readonly string[],
  io: Io,
  action: (
    args: Arguments<O>,
    help: () => Promise<string>,
    words: readonly string[],
  ) => Promise<number>,
): Promise<number> {
  let flags = earlyFlags(spec, argv)
  try {
    const words = expandWords(argv, {
      ...allOptions(spec),
      ...IMPLIED,
    })
    flags = earlyFlags(spec, words)
    const parser = createParser(spec)
    let output = ''
    const parsed: Record<string, unknown> = await parser.parseAsync(
      words,
      {},
      (_error: unknown, _args: unknown, text: string) => {
        output = text
      },
    )
    if (output !== '') {
      io.stdout.write(`${output}\n`)
      return EXIT.ok
    }
    flags.debug ||= parsed['debug'] === true
    const args = checkArguments(spec, {
      ...parsed,
      // the parser does not tell a `--` with nothing behind it from none
      '--': argv.includes('--') ? (parsed['--'] ?? []) : undefined,
    })
    return await action(args, () => parser.getHelp(), words)
  } catch (error) {
    return reportError(error, io, { name: spec.program ?? spec.name, ...flags })
  }
}

/** Known before the parser has read them: it may be what fails. */
function earlyFlags<O extends OptionTable>(
  spec: CommandSpec<O>,
  words: readonly string[],
): { debug: boolean; json: boolean } {
  const ours = words.slice(0, endOfOptions(words))
  return {
    debug: ours.includes('--debug'),
    json: 'json' in spec.options && ours.includes('--json'),
  }
}

function createParser<O extends OptionTable>(spec: CommandSpec<O>): Argv {
  const parser = yargs()
    .scriptName(spec.name)
    .locale('en')
    .updateStrings({
      'Arguments %s and %s are mutually exclusive': '--%s and --%s exclude each other',
    })
    .usage(`Usage: $0 ${spec.usage}\n\n${spec.description}`)
    .parserConfiguration({ ...PARSER, 'populate--': true })
    .options(allOptions(spec))
    .strictOptions()
    .help('help')
    .alias('help', 'h')
    .version(spec.version)
    .alias('version', 'V')
    .exitProcess(false)
    .showHelpOnFail(false)
    .wrap(80)
    .epilogue(`EXIT STATUS\n${spec.exitStatus}`)
    .fail((message: string | null, error: Error | undefined) => {
      // yargs passes through what a coercion threw, and words of its own else
      if (error instanceof Z3Error) throw error
      throw usageError(spec, parserMessage(message ?? error?.message ?? ''))
    })
  for (const [usage, what] of spec.commands ?? []) parser.command(usage, what)
  for (const [command, what] of spec.examples) parser.example(command, what)
  for (const [one, other] of spec.conflicts ?? []) parser.conflicts(one, other)
  return parser
}

function allOptions<O extends OptionTable>(spec: CommandSpec<O>): OptionTable {
  const { config, ...others } = COMMON
  return {
    ...spec.options,
    ...(spec.readsConfig === false ? {} : { config }),
    ...others,
    // a program may know one of them under a short name, too
    ...spec.options,
  }
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
      throw usageError(spec, `--${name} is given more than once`)
    }
    single[name] = given.at(-1)
  }
  return { ...parsed, ...single, operands, command } as unknown as Arguments<O>
}

/** Options that may be given several times, each with one value. */
const REPEATABLE = new WeakSet()

/** Mark an option as one that may be given several times. */
export function repeatable<O extends Options>(option: O): O {
  REPEATABLE.add(option)
  return option
}

/** A wrong command line. */
export function usageError(spec: Pick<CommandSpec<OptionTable>, 'name'>, message: string): Z3Error {
  return new Z3Error('usage', message.replaceAll('$0', spec.name), {
    hint: `See ${spec.name} --help.`,
  })
}

function endOfOptions(argv: readonly string[]): number {
  const at = argv.indexOf('--')
  return at < 0 ? argv.length : at
}

/** The parser's words in the style of ours. */
function parserMessage(text: string): string {
  const [, what, names] = /^(Unknown|Not enough) arguments?(?: following)?: (.*)$/.exec(text) ?? []
  if (names !== undefined) {
    const flags = names
      .split(', ')
      .map((name) => `${name.length > 1 ? '--' : '-'}${name}`)
      .join(', ')
    return what === 'Unknown' ? `unknown option ${flags}` : `${flags} needs a value`
  }
  const choice = /^ *Argument: (?<name>\S+), Given: (?<given>.*), Choices: (?<all>.*)$/m.exec(
    text,
  )?.groups
  if (choice) {
    const { name = '', given = '', all = '' } = choice
    return `--${name}: ${given} is none of ${all}`.replaceAll('"', "'")
  }
  return text.charAt(0).toLowerCase() + text.slice(1)
}
