import type { Command } from '@z3/core'

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
