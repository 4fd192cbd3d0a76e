import { EXIT } from '@z3/core'
import {
  allOptions,
  IMPLIED,
  REPEATABLE,
  usageError,
  type Arguments,
  type CommandSpec,
  type OptionTable,
} from './arguments/command-spec.js'
import { expandWords } from './arguments/expand-words.js'
import type { Io } from './io.js'
import { renderHelp } from './arguments/render-help.js'
import { reportError } from './report-error.js'

const { help, version } = IMPLIED
/** Options of the parser that may be abbreviated: `--he` is --help alone. */
export const ABBREVIATED = { help, version } as const

/**
 * The work of a program.
 *
 * @param io in place of that of runCommand
 * @param words as the parser has read them: their order counts for some
 * @returns the exit status
 */
type Action<O extends OptionTable> = (
  args: Arguments<O>,
  io: Io,
  help: () => string,
  words: readonly string[],
) => Promise<number>

/**
 * Parse a command line and run what it asks for. Errors are reported here.
 *
 * @returns the exit status
 */
export async function runCommand<O extends OptionTable>(
  spec: CommandSpec<O>,
  argv: readonly string[],
  io: Io,
  action: Action<O>,
): Promise<number> {
  let flags = earlyFlags(spec, argv)
  let words = argv
  const name = spec.program ?? spec.name
  const fail = (error: unknown, io: Io): number => {
    const report = () => reportError(error, io, { name, ...flags })
    return spec.onError ? spec.onError(error, words, io, report) : report()
  }
  try {
    words = expandWords(argv, { ...allOptions(spec), ...ABBREVIATED })
    flags = earlyFlags(spec, words)
    const help = (all: boolean) => renderHelp(spec, all)
    const shown = shownBy(words)
    if (shown !== undefined) {
      io.stdout.write(`${shown === 'help' ? help(flags.helpAll) : spec.version}\n`)
      return EXIT.ok
    }
    // help loads no parser
    const { parseArguments } = await import('./arguments/parse-arguments.js')
    const parsed = await parseArguments(spec, words)
    flags.debug ||= parsed['debug'] === true
    const { 'log-format': format } = parsed
    if (format === 'json' || format === 'text') io.stderr.setFormat?.(format)
    const args = checkArguments(spec, {
      ...parsed,
      // the parser does not tell a `--` with nothing behind it from none
      '--': argv.includes('--') ? (parsed['--'] ?? []) : undefined,
    })
    const work = async (io: Io): Promise<number> => {
      try {
        return await action(args, io, () => help(false), words)
      } catch (error) {
        return fail(error, io)
      }
    }
    const program = spec.monitored?.(args)
    if (program === undefined) return await work(io)
    const { watchRun } = await import('./monitor/watch-run.js')
    return await watchRun({ program, name, args }, io, work)
  } catch (error) {
    return fail(error, io)
  }
}

/**
 * What the words ask to be shown, whatever else they say; the first one counts. Behind
 * `expandWords`, a letter of a short option is an option and not a part of a value.
 */
function shownBy(words: readonly string[]): 'help' | 'version' | undefined {
  for (const word of words.slice(0, endOfOptions(words))) {
    if (/^--help(-all)?(=(?!false$)|$)|^-[a-zA-Z]*?h/.test(word)) return 'help'
    if (/^--version(=(?!false$)|$)|^-[a-zA-Z]*?V/.test(word)) return 'version'
  }
  return undefined
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
