import { EXIT, suggest, Z3Error } from '@z3/core'
import parse from 'yargs-parser'
import {
  COMMON,
  PARSER,
  type Arguments,
  type CommandSpec,
  type OptionTable,
} from './arguments/command-spec.js'
import { ABBREVIATED, runCommand } from './command.js'
import { expandWords } from './arguments/expand-words.js'
import type { Io } from './io.js'
import { suggestOption } from './arguments/suggest-option.js'

/** What the module of a subcommand exports. */
export interface Subcommand<O extends OptionTable> {
  /** Its name is the program's and its own: `z3 status`. */
  readonly spec: CommandSpec<O>
  readonly action: (args: Arguments<O>, io: Io) => Promise<number>
}

/** The command line of a program that has subcommands. */
export interface SubcommandsSpec<M extends Readonly<Record<string, OptionTable>>> {
  readonly name: string
  /** The first paragraph of the help. */
  readonly description: string
  /**
   * The options that may stand before the subcommand, where they mean the same as after it. A
   * subcommand whose table lacks one refuses it.
   */
  readonly globals: OptionTable
  /** Those of them used most, for the help. */
  readonly common?: readonly string[]
  readonly version: string
  /** By name, in the order of the help. */
  readonly commands: {
    readonly [K in keyof M]: {
      /** Half a line for the help. */
      readonly describe: string
      /** Loads its module; only called for the one that is run. */
      readonly load: () => Promise<Subcommand<M[K]>>
    }
  }
}

/** docs/exit-status.md in short. */
const EXIT_STATUS =
  '0 done, or nothing to do; 1 failed; 2 usage or configuration; 3 broken chain, damaged data or conflict; 4 no such dataset, snapshot or object; 5 locked by another run; 128+n ended by signal n.'

/**
 * Find the subcommand of a command line, and run it with all other words. Errors are reported here,
 * but for a module that does not load.
 *
 * @returns the exit status
 */
export async function runSubcommands<M extends Readonly<Record<string, OptionTable>>>(
  program: SubcommandsSpec<M>,
  argv: readonly string[],
  io: Io,
): Promise<number> {
  const { name, globals, commands } = program
  const runOne = async (command: keyof M, words: readonly string[]) => {
    const { spec, action } = await commands[command].load()
    return runCommand({ ...spec, program: name }, words, io, action)
  }
  const runNone = (words: readonly string[], action: Top) =>
    runCommand(topSpec(program), words, io, (_args, _io, help) => action(help))
  const runWord = (word: string, words: readonly string[]) =>
    Object.hasOwn(commands, word)
      ? runOne(word, words)
      : runNone([], () => {
          throw unknownWord(program, word)
        })

  // the words behind the subcommand are its own to read
  const early = expandWords(argv, { ...globals, ...COMMON, ...ABBREVIATED }, (option) => option)
  const at = findSubcommand(early, globals)
  const word = argv[at]
  const others = [...early.slice(0, at), ...argv.slice(at + 1)]
  if (word === undefined) return runNone(early, helpOnStderr(io))
  if (word !== 'help') return runWord(word, others)
  const topic = others[findSubcommand(others, globals)] ?? 'help'
  return topic === 'help' ? runNone(['--help'], helpOnStderr(io)) : runWord(topic, ['--help'])
}

type Top = (help: () => string) => Promise<number>

function helpOnStderr(io: Io): Top {
  return (help) => {
    io.stderr.write(`${help()}\n`)
    return Promise.resolve(EXIT.usage)
  }
}

function topSpec<M extends Readonly<Record<string, OptionTable>>>({
  name,
  description,
  globals,
  common = [],
  version,
  commands,
}: SubcommandsSpec<M>): CommandSpec<OptionTable> {
  return {
    name,
    usage: 'COMMAND [options]',
    description,
    options: globals,
    common,
    operands: { least: 0, most: 0 },
    takesCommand: false,
    commands: [
      ...Object.entries<{ describe: string }>(commands).map(
        ([command, { describe }]) => [command, describe] as const,
      ),
      ['help [COMMAND]', 'show this help, or that of a command'],
    ],
    examples: [],
    exitStatus: EXIT_STATUS,
    version,
  }
}

function unknownWord<M extends Readonly<Record<string, OptionTable>>>(
  { name, globals, commands }: SubcommandsSpec<M>,
  word: string,
): Z3Error {
  const names = [...Object.keys(commands), 'help']
  if (word.startsWith('-')) {
    return new Z3Error(
      'usage',
      `unknown option ${word} before the command${suggestOption(word.slice(2), globals)}`,
      {
        hint: `Write the options of a command after it; see ${name} --help.`,
      },
    )
  }
  const meant = suggest(word, names)
  const guess = meant === undefined ? '' : `did you mean ${meant}? `
  return new Z3Error('usage', `unknown command '${word}' (${guess}allowed: ${names.join(', ')})`, {
    hint: `See ${name} --help.`,
  })
}

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
