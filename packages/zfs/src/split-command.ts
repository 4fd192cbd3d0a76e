import { Z3Error, type Command } from '@z3/core'

/**
 * A piece of a word: plain characters, one that is escaped, or what quotes hold.
 * Inside double quotes a backslash escapes a quote and itself only, as python's
 * shlex has it, which zfs-autobackup reads commands with.
 */
const PIECE =
  /(?<plain>[^\s'"\\]+)|\\(?<escaped>.)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"/sy

/** What a shell would do something about, where it stands outside of quotes. */
const MEANT_FOR_A_SHELL = /[|&;<>()`]|\$[\w{(]/

/**
 * Split a command that is given in one text into words: blanks, quotes and
 * backslashes as in a shell, and nothing else, since no shell runs it.
 *
 * @throws Z3Error `usage`: an open quote, no program, or something that only a
 *   shell does
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
    if (!match) throw invalid(text, 'a quote or a backslash has no end')
    const { plain, escaped, single, double } = match.groups ?? {}
    const [special] = MEANT_FOR_A_SHELL.exec(plain ?? '') ?? []
    if (special !== undefined) {
      throw invalid(text, `'${special}' means something to a shell alone`)
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
  return new Z3Error('usage', `the command ${JSON.stringify(text)} cannot be read: ${why}`, {
    hint: "No shell runs it: quote these characters, or run a shell yourself: sh -c '...'.",
  })
}
