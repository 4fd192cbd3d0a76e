import type { Command } from '@z3/core'
import { quote, renderCommand, renderPipeline } from '@z3/pipeline'

/** What has been learned of the shell and the programs of another host. */
export interface RemoteShell {
  /** The PATH to set there; undefined: as it is. */
  readonly path: string | undefined
  /**
   * A shell that has `set -o pipefail`; undefined: there is none, and the
   * status of a pipeline is that of its last command.
   */
  readonly pipefail: string | undefined
  /** Run `zfs` by `sudo -n`. */
  readonly sudo: boolean
  /** Its commands are checked by a program of ours: say no more than `zfs`. */
  readonly restricted: boolean
}

/**
 * Write a pipeline as one word that ssh hands to the shell there: whatever that
 * shell is, csh or fish, it has to read plain words and single quotes only.
 * Within single quotes csh replaces `!` and cannot hold a newline, and fish
 * reads two backslashes as one: a pipeline with one of these in it, or with a
 * single quote, is passed on in octal.
 *
 * Programs speak English, since what they say is read: zfs(8) in the locale C.
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

/** What shells read in different ways within single quotes. */
const HARD = /[!\\'\n]/

/**
 * A script that runs another one, written without a character that csh, fish
 * or a POSIX shell reads anything into within single quotes. printf(1) of POSIX
 * makes the bytes from octal; backslashes before digits stay in double quotes.
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
