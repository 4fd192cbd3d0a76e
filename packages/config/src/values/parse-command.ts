import splitWords from 'string-argv'
import type { Command } from '@z3/core'
import { invalid } from '../problem.js'

/**
 * The longest start of a text that means the same to a shell and to string-argv, which only knows
 * quotes and spaces: plain characters, and quoted ones that a shell does not expand.
 */
const LITERAL = /^(?:[^'"|&;<>()$`\\*?[\]{}~#]|'[^']*'|"[^"$`\\]*")*/

/**
 * Read a command line as a shell does, or take a list of words as they are. Only words and quotes
 * are allowed, since no shell runs the command.
 *
 * @throws Z3Error `config`: what is wrong, but not where
 */
export function parseCommand(text: string | readonly string[]): Command {
  const [file = '', ...args] = typeof text === 'string' ? words(text) : text
  if (file === '') throw invalid('it names no program')
  if (/^\w+=/.test(file)) {
    throw invalid(
      'it starts with a variable (allowed: a program; to set variables: env NAME=value PROGRAM)',
    )
  }
  // a relative path would be another program in another working directory
  if (file.includes('/') && !file.startsWith('/')) {
    throw invalid(
      `'${file}' is a relative path (allowed: an absolute path, or a name to search in PATH)`,
    )
  }
  return { file, args }
}

/** Write a command so that parseCommand, and a shell, read the same words. */
export function formatCommand({ file, args }: Command): string {
  return [file, ...args].map(quoted).join(' ')
}

function quoted(word: string): string {
  return /^[\w%+,./:@-][\w%+,./:=@-]*$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`
}

function words(text: string): readonly string[] {
  const [literal = ''] = LITERAL.exec(text) ?? []
  const quote = /^['"]/.exec(text.slice(literal.length))?.[0]
  if (quote !== undefined && !text.includes(quote, literal.length + 1)) {
    throw invalid(`unclosed quote ${quote}`)
  }
  const rest = text.slice(literal.length + (quote?.length ?? 0))
  const [bad] = (quote === undefined ? /^./u : /[$`\\]/).exec(rest) ?? []
  if (bad !== undefined) {
    throw invalid(
      `${bad} is shell syntax, and no shell runs the command (allowed: ${bad} in single quotes, or a script)`,
    )
  }
  return splitWords(text)
}
