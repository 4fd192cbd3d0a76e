import { NotAllowed } from './policy.js'

/** A command that a client requests. */
export interface Requested {
  /** Run it with `sudo -n`. */
  readonly sudo: boolean
  readonly file: string
  readonly args: readonly string[]
}

/**
 * Parse a request, SSH_ORIGINAL_COMMAND, in the form of zfs's `remoteWord`: commands joined by ` |
 * `, each optionally with `sudo -n`; a single one optionally with `env LC_ALL=C PATH=…`, which is
 * ignored, since serve sets the environment.
 *
 * @throws NotAllowed
 */
export function parseRequest(text: string): readonly Requested[] {
  const commands = parseWords(text)
  const [only = []] = commands
  return (commands.length === 1 ? [withoutEnv(only)] : commands).map(toRequest)
}

function withoutEnv(words: readonly string[]): readonly string[] {
  if (words[0] !== 'env') return words
  if (words[1] !== 'LC_ALL=C') {
    throw new NotAllowed("'env' with anything but LC_ALL=C and PATH")
  }
  return words.slice(words[2]?.startsWith('PATH=') === true ? 3 : 2)
}

function toRequest(words: readonly string[]): Requested {
  const sudo = words[0] === 'sudo' && words[1] === '-n'
  const [file, ...args] = sudo ? words.slice(2) : words
  if (file === undefined) throw new NotAllowed('a command is missing')
  return { sudo, file, args }
}

/** Maximum length of a request: `zfs holds` names hundreds of snapshots. */
const LONGEST = 128 * 1024

/**
 * A word as pipeline's `quote` writes it: plain, or entirely in single quotes, with `'\''` for a
 * quote.
 */
const WORD = /[\w@%+=:,./-]+|'[^']*'(?:\\''[^']*')*/y

/** The separator of two words: blanks, and with a `|` of two commands. */
const BETWEEN = / +(\| +)?/y

/**
 * Parse a shell command in the form of pipeline's `renderPipeline`. Any other shell syntax is
 * refused: no shell ever reads it, so it must have the same meaning here.
 *
 * @returns the words of each command; at least one each
 * @throws NotAllowed
 */
export function parseWords(text: string): readonly (readonly string[])[] {
  if (text.length > LONGEST) throw new NotAllowed('too long')
  const strange = /[^\x20-\x7e]/.exec(text)
  if (strange) throw new NotAllowed('it contains a non-ASCII or control character')
  const commands: string[][] = [[]]
  let at = 0
  while (at < text.length || at === 0) {
    const word = match(WORD, text, at)
    if (!word) throw unexpected(text, at)
    at += word[0].length
    commands.at(-1)?.push(unquote(word[0]))
    if (at === text.length) break
    const between = match(BETWEEN, text, at)
    if (!between) throw unexpected(text, at)
    at += between[0].length
    if (between[1] !== undefined) commands.push([])
    if (at === text.length) throw new NotAllowed('it is truncated')
  }
  return commands
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function unquote(word: string): string {
  return word.startsWith("'") ? word.slice(1, -1).replaceAll(`'\\''`, "'") : word
}

function unexpected(text: string, at: number): NotAllowed {
  const character = text.charAt(at)
  return new NotAllowed(
    character === ''
      ? 'it is empty'
      : `a ${character === ' ' ? 'blank' : `'${character}'`} at character ${String(at + 1)}`,
  )
}
