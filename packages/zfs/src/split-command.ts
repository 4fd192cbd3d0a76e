import { Z3Error, type Command } from '@z3/core'

/**
 * Part of a word: plain characters, an escaped character, or a quoted string. In double quotes, a
 * backslash escapes only a quote and itself, as in Python's shlex, which zfs-autobackup uses.
 */
const PIECE =
  /(?<plain>[^\s'"\\]+)|\\(?<escaped>.)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"/sy

/** Syntax that only a shell interprets, outside quotes. */
const MEANT_FOR_A_SHELL = /[|&;<>()`]|\$[\w{(]/

/**
 * Split a command string into words: blanks, quotes and backslashes as in a shell, and no other
 * syntax, since no shell runs it.
 *
 * @throws Z3Error `usage`: an unterminated quote, no program, or shell syntax
 */
export function splitCommand(text: string): Command {
  const words: string[] = []
  let word: string | undefined
  let at = 0
  while (at < text.length) {
    const [blank = ''] = /^\s+/.exec(text.slice(at)) ?? []
    if (blank !== '') {
      if (word !== undefined) words.push(word)
      word = undefined
      at += blank.length
      continue
    }
    PIECE.lastIndex = at
    const match = PIECE.exec(text)
    if (!match) throw invalid(text, 'unterminated quote or backslash')
    const { plain, escaped, single, double } = match.groups ?? {}
    const [special] = MEANT_FOR_A_SHELL.exec(plain ?? '') ?? []
    if (special !== undefined) {
      throw invalid(text, `'${special}' is shell syntax`)
    }
    word = `${word ?? ''}${plain ?? escaped ?? single ?? unescape(double)}`
    at = PIECE.lastIndex
  }
  if (word !== undefined) words.push(word)
  const [file = '', ...args] = words
  if (file === '') throw invalid(text, 'it names no program')
  return { file, args }
}

function unescape(text = ''): string {
  return text.replaceAll(/\\(["\\])/g, '$1')
}

function invalid(text: string, why: string): Z3Error {
  return new Z3Error('usage', `the command ${JSON.stringify(text)} cannot be parsed: ${why}`, {
    hint: "No shell runs the command: quote these characters, or use sh -c '...'.",
  })
}
