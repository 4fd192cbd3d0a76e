import { NotAllowed } from './not-allowed.js'
import { parseWords } from './parse-words.js'

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
