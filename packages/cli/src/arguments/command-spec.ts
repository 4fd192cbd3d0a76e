import type { InferredOptionTypes, Options } from 'yargs'
import { Z3Error } from '@z3/core'
import type { Io } from '../io.js'

/** Options that every binary has. */
export const COMMON = {
  config: {
    type: 'string',
    requiresArg: true,
    value: 'FILE',
    group: 'General',
    env: 'Z3_CONFIG',
    describe: 'Configuration file (default: see the manual)',
  },
  debug: {
    type: 'boolean',
    group: 'General',
    describe: 'Show stack traces and the causes of errors',
  },
  'log-format': {
    type: 'string',
    choices: ['text', 'json'],
    requiresArg: true,
    value: 'FORMAT',
    group: 'General',
    env: 'Z3_LOG_FORMAT',
    describe: 'Format of messages on standard error: text (default) or json',
  },
} as const satisfies OptionTable

/** An option as yargs takes it, and what help shows of it. */
export interface Option extends Options {
  /** What stands for its value: `SIZE`. */
  readonly value?: string
  /** The value if none is given: `--progress` alone. Another one needs an equals sign. */
  readonly bare?: string
  /** The environment variable that sets it, too. */
  readonly env?: string
}

export type OptionTable = Readonly<Record<string, Option>>

/** Options that the parser adds. */
export const IMPLIED = {
  help: {
    type: 'boolean',
    alias: 'h',
    group: 'General',
    describe: 'Show this help',
  },
  'help-all': { type: 'boolean', group: 'General', describe: 'Show all options' },
  version: { type: 'boolean', alias: 'V', group: 'General', describe: 'Show the version' },
} as const satisfies OptionTable

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
  /** The first paragraph stands in every help, the others in that of --help-all. */
  readonly description: string
  readonly options: O
  /** The options used most, at most five; help describes these, and names the others. */
  readonly common?: readonly string[]
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
  /**
   * The name under which METRICS_FILE and other monitoring report a run with these arguments;
   * undefined: it is not reported, since it only shows what would be done.
   */
  readonly monitored?: (args: Readonly<Record<string, unknown>>) => string | undefined
  /**
   * Report an error in another way, or with another exit status.
   *
   * @param report reports it in the usual way, and returns the usual status
   */
  readonly onError?: (
    error: unknown,
    words: readonly string[],
    io: Io,
    report: () => number,
  ) => number
  /** Subcommands, for the help alone: runSubcommands finds and runs them. */
  readonly commands?: readonly (readonly [usage: string, what: string])[]
  /** Lines for EXIT STATUS. */
  readonly exitStatus: string
  readonly version: string
}

/** The options of a program: its own, and those that every binary has. */
export function allOptions<O extends OptionTable>(spec: CommandSpec<O>): OptionTable {
  const { config, ...others } = COMMON
  return {
    ...spec.options,
    ...(spec.readsConfig === false ? {} : { config }),
    ...others,
    // a program may know one of them under a short name, too
    ...spec.options,
  }
}

/** Options that may be given several times, each with one value. */
export const REPEATABLE = new WeakSet()

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
