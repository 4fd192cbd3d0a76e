import { NotAllowed } from './policy.js'

/** A command that a client asks for. */
export interface Requested {
  /** It is to be run by `sudo -n`. */
  readonly sudo: boolean
  readonly file: string
  readonly args: readonly string[]
}

/**
 * Read what a client wants, SSH_ORIGINAL_COMMAND, as zfs's `remoteWord` writes
 * it: commands joined by ` | `, each perhaps behind `sudo -n`; one alone perhaps
 * behind `env LC_ALL=C PATH=…`, which is read over: the environment is ours.
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

/** Characters of a text: `zfs holds` names hundreds of snapshots at once. */
const LONGEST = 128 * 1024

/**
 * A word as pipeline's `quote` writes it: plain, or in single quotes as a whole,
 * with `'\''` for a quote in it.
 */
const WORD = /[\w@%+=:,./-]+|'[^']*'(?:\\''[^']*')*/y

/** What stands between two words: blanks, and with a `|` two commands. */
const BETWEEN = / +(\| +)?/y

/**
 * Read a text as pipeline's `renderPipeline` writes it, for a shell. Whatever
 * else a shell would read something into is refused: it is never handed to one,
 * and must mean here what it would mean there.
 *
 * @returns the words of each command; there is at least one of each
 * @throws NotAllowed
 */
export function parseWords(text: string): readonly (readonly string[])[] {
  if (text.length > LONGEST) throw new NotAllowed('it is too long')
  const strange = /[^\x20-\x7e]/.exec(text)
  if (strange) throw new NotAllowed('it has a character that is not plain ASCII')
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
    if (at === text.length) throw new NotAllowed('its end is missing')
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
