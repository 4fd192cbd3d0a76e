import type { Command } from '@z3/core'

/** One program of a pipeline. */
export interface Stage extends Command {
  /** What errors call it; default: its command line. */
  readonly name?: string
  /** A program of the toolkit: its exit statuses mean what EXIT says. */
  readonly ours?: boolean
}

/** What became of a stage. */
export type StageStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  /** It did not end, even when it was killed: it hangs in the kernel. */
  | { readonly kind: 'running' }
  /** `cause`: why; none for a stage whose reader could not be started. */
  | {
      readonly kind: 'not-started'
      readonly cause: NodeJS.ErrnoException | undefined
    }

/** A stage after the run. */
export interface StageResult {
  readonly stage: Stage
  readonly status: StageStatus
  /**
   * The last lines that it wrote to standard error, without empty ones: at most
   * 20, and 8 KiB. Control characters are as they came.
   */
  readonly stderr: readonly string[]
}

/** Words that no shell reads anything into. */
const PLAIN = /^[\w@%+=:,./-]+$/

/** What a shell does not take for a program: assignments, words of its grammar. */
const NO_PROGRAM =
  /=|^(?:if|then|else|elif|fi|do|done|case|esac|while|until|for|in|function|select|time|coproc)$/

/** Write a word as POSIX shells and bash read it. It must not hold a NUL. */
export function quote(word: string): string {
  return PLAIN.test(word) ? word : inQuotes(word)
}

/** Write a command as a shell reads it. */
export function renderCommand({ file, args }: Command): string {
  const program = NO_PROGRAM.test(file) ? inQuotes(file) : quote(file)
  return [program, ...args.map(quote)].join(' ')
}

/** Write a pipeline as a shell reads it, in one line: for people to paste. */
export function renderPipeline(commands: readonly Command[]): string {
  return commands.map(renderCommand).join(' | ')
}

function inQuotes(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
