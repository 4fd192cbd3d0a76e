import type { Command } from '@z3/core'
import { quote, renderCommand, renderPipeline } from '@z3/pipeline'

/** What is known about the shell and programs of another host. */
export interface RemoteShell {
  /** The PATH to set there; undefined: leave it unchanged. */
  readonly path: string | undefined
  /**
   * A shell with `set -o pipefail`; undefined: none, so a pipeline returns the status of its last
   * command.
   */
  readonly pipefail: string | undefined
  /** Run `zfs` with `sudo -n`. */
  readonly sudo: boolean
  /** A forced command checks the commands: send plain `zfs` only. */
  readonly restricted: boolean
}

/**
 * Format a pipeline as one word for the remote login shell. Any shell, also csh or fish, only has
 * to parse plain words and single quotes. Within single quotes, csh expands `!` and accepts no
 * newline, and fish reads two backslashes as one: a pipeline with one of these characters, or a
 * single quote, is encoded in octal.
 *
 * Programs run with LC_ALL=C, since their messages are parsed.
 */
export function remoteWord(commands: readonly Command[], shell: RemoteShell): string {
  const { path, pipefail, restricted, sudo } = shell
  const stages = sudo ? commands.map(withSudo) : commands
  if (restricted) return renderPipeline(stages)
  const env = ['env', 'LC_ALL=C', ...(path === undefined ? [] : [`PATH=${path}`])]
  const words = env.map(quote).join(' ')
  const [only, ...others] = stages
  if (only === undefined) throw new RangeError('a pipeline without commands')
  const isHard = stages.some(({ args }) => args.some((arg) => HARD.test(arg)))
  if (others.length === 0 && !isHard) return `${words} ${renderCommand(only)}`
  const needsPipefail = pipefail !== undefined && others.length > 0
  const inner = `${needsPipefail ? 'set -o pipefail; ' : ''}${renderPipeline(stages)}`
  const script = isHard ? inOctal(inner) : inner
  return `${words} ${quote(pipefail ?? 'sh')} -c ${quote(script)}`
}

/** Characters that shells treat differently within single quotes. */
const HARD = /[!\\'\n]/

/**
 * A script that evaluates another one, without any character that csh, fish or a POSIX shell
 * interprets within single quotes. POSIX printf(1) decodes octal; within double quotes, a backslash
 * before a digit is literal.
 */
function inOctal(script: string): string {
  const bytes = [...Buffer.from(script)].map((byte) => {
    const character = String.fromCharCode(byte)
    return /^[\w ./:=@,+-]$/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`
  })
  return `eval "$(printf "${bytes.join('')}")"`
}

function withSudo(command: Command): Command {
  return command.file === 'zfs'
    ? { file: 'sudo', args: ['-n', command.file, ...command.args] }
    : command
}
