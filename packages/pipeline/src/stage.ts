import type { Command } from '@z3/core'

/** One program of a pipeline. */
export interface Stage extends Command {
  /** Its name in errors (default: its command line). */
  readonly name?: string
  /** A program of the toolkit, with the exit statuses of EXIT. */
  readonly ours?: boolean
}

/** The end of a stage. */
export type StageStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  /** It did not end after SIGKILL: it hangs in the kernel. */
  | { readonly kind: 'running' }
  /** `cause`: the error; undefined if its reader could not be started. */
  | {
      readonly kind: 'not-started'
      readonly cause: NodeJS.ErrnoException | undefined
    }

/** A stage after the run. */
export interface StageResult {
  readonly stage: Stage
  readonly status: StageStatus
  /**
   * The last non-empty lines of its standard error: at most 20 lines and 8 KiB. Control characters
   * are unchanged.
   */
  readonly stderr: readonly string[]
}

/** Words without meaning to any shell. */
const PLAIN = /^[\w@%+=:,./-]+$/

/** Words that a shell does not run as a program: assignments and keywords. */
const NO_PROGRAM =
  /=|^(?:if|then|else|elif|fi|do|done|case|esac|while|until|for|in|function|select|time|coproc)$/

/** Quote a word for POSIX shells and bash. It must not contain NUL. */
export function quote(word: string): string {
  return PLAIN.test(word) ? word : inQuotes(word)
}

/** Quote a command for a shell. */
export function renderCommand({ file, args }: Command): string {
  const program = NO_PROGRAM.test(file) ? inQuotes(file) : quote(file)
  return [program, ...args.map(quote)].join(' ')
}

/** Quote a pipeline for a shell, in one line for people to paste. */
export function renderPipeline(commands: readonly Command[]): string {
  return commands.map(renderCommand).join(' | ')
}

function inQuotes(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
