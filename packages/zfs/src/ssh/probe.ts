import { Z3Error } from '@z3/core'
import { quote } from '@z3/pipeline'
import { sudoHint } from '../zfs-error.js'
import type { Connection } from './connection.js'
import type { RemoteShell } from './remote-word.js'

/** When to run zfs with sudo: `auto`: if sudo permits it and the user is not root. */
export type Sudo = 'auto' | 'yes' | 'no'

/** What is known about a host. */
export interface Remote extends RemoteShell {
  /** The user that zfs runs as. */
  readonly user: string
  /** Programs that were looked up, and whether they are installed. */
  readonly programs: ReadonlyMap<string, boolean>
}

/** Programs to look up with the first command, which saves others. */
const PROGRAMS = ['zfs', 'mbuffer', 'zstd', 'lz4', 'pigz', 'pv']

/** Where zfs may be, see `zfsPath`; and FreeBSD's packages, which its sshd's PATH lacks. */
const ADMIN = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/sbin']

/** First line of the answer. Any line before it is unexpected output. */
const BEGIN = 'z3-probe 1'

/** Shells that may support `set -o pipefail`; dash since 0.5.13. */
const SHELLS = ['sh', 'bash', 'ksh', 'zsh']

/**
 * One line, quoted for the inner shell only: the login shell may not be a POSIX shell. sudo is only
 * tried if it will be used, because some sudo send mail to root when `sudo -n` is refused. `zfs
 * list` shows whether sudo permits zfs, which may be all that sudoers allows. If zfs itself fails,
 * sudo ran it; a warning of sudo before that is not a refusal.
 */
const script = (sudo: Sudo): string =>
  [
    `echo "${BEGIN}"`,
    'echo "uid $(id -u)"',
    'echo "path $PATH"',
    `for d in ${ADMIN.join(' ')}; do case ":$PATH:" in *":$d:"*) ;; *) PATH="$PATH:$d" ;; esac; done`,
    'export PATH',
    'echo "longer $PATH"',
    `for p in ${PROGRAMS.join(' ')}; do w=$(command -v $p) && echo "program $p $w"; done`,
    `for s in ${SHELLS.join(' ')}; do if $s -c "set -o pipefail" 2>/dev/null; then echo "pipefail $s"; break; fi; done`,
    ...(sudo === 'no'
      ? []
      : [
          'if [ "$(id -u)" != 0 ]; then if command -v sudo >/dev/null; then if e=$(LC_ALL=C sudo -n zfs list -H -o name -d 0 2>&1 >/dev/null); then echo "sudo works"; else case "$e" in *sudo:* | *sudoers* | *"run sudo"*) echo "sudo refused $e" ;; *) echo "sudo works" ;; esac; fi; else echo "sudo missing"; fi; fi',
        ]),
    'exit 0',
  ].join('; ')

/**
 * Probe a host with one command.
 *
 * @param restricted a forced command checks the commands: run only permitted ones
 * @throws Z3Error `zfs-unavailable`: zfs is not installed; `not-permitted`: sudo needs a password;
 *   `ssh-failed`: unexpected output, or the connection was lost
 */
export async function probe(
  connection: Connection,
  sudo: Sudo,
  restricted: boolean,
): Promise<Remote> {
  if (restricted) return probeRestricted(connection, sudo)
  const { code, stdout, stderr } = await connection.exec(`sh -c ${quote(script(sudo))}`)
  // a forced command (z3-ssh-sync serve) refuses unknown commands
  if (stdout === '' && code !== 0) return probeRestricted(connection, sudo)
  if (!stdout.startsWith(`${BEGIN}\n`) || code !== 0) {
    throw noise(connection, stdout, stderr)
  }
  return read(connection, stdout, sudo)
}

function read(connection: Connection, stdout: string, sudo: Sudo): Remote {
  const { title, login } = connection
  const answers = stdout.split('\n').map((line): [string, string] => {
    const at = line.indexOf(' ')
    return [line.slice(0, at), line.slice(at + 1)]
  })
  const get = (name: string): string | undefined => answers.find(([found]) => found === name)?.[1]
  const found = answers.flatMap(([name, value]) =>
    name === 'program' ? [value.split(' ')[0] ?? ''] : [],
  )
  if (!found.includes('zfs')) throw noZfs(title, get('longer') ?? '')
  const uid = get('uid')
  const bySudo = uid !== '0' && usesSudo(get('sudo'), sudo, connection)
  const path = get('longer')
  return {
    path: path === get('path') ? undefined : path,
    pipefail: get('pipefail'),
    sudo: bySudo,
    restricted: false,
    user: bySudo || uid === '0' ? 'root' : login,
    programs: new Map(PROGRAMS.map((name) => [name, found.includes(name)])),
  }
}

/** @param answer `works`, `missing`, or `refused` with the message of sudo */
function usesSudo(answer: string | undefined, sudo: Sudo, { title, login }: Connection): boolean {
  if (answer === 'works') return true
  if (sudo !== 'yes') return false
  if (answer === 'missing') {
    throw new Z3Error('program-missing', `${title}: command not found: 'sudo'`, {
      hint: 'Install sudo on that host, or use --no-sudo and grant permissions with zfs allow.',
    })
  }
  throw new Z3Error('not-permitted', `${title}: sudo requires a password or does not permit zfs`, {
    hint: sudoHint(login),
    cause: new Error(answer),
  })
}

/** Runs only the few commands that `serve` permits. */
async function probeRestricted(connection: Connection, sudo: Sudo): Promise<Remote> {
  const ask = async (word: string): Promise<string | undefined> => {
    const { code, stdout } = await connection.exec(word)
    return code === 0 ? stdout.trim() : undefined
  }
  const isRoot = sudo !== 'no' && (await ask('id -u')) === '0'
  let bySudo = false
  if (sudo !== 'no' && !isRoot) {
    bySudo = (await ask('sudo -n true')) !== undefined
    if (!bySudo) usesSudo('refused', sudo, connection)
  }
  return {
    path: undefined,
    pipefail: undefined,
    sudo: bySudo,
    restricted: true,
    user: isRoot || bySudo ? 'root' : connection.login,
    programs: new Map(),
  }
}

function noZfs(title: string, path: string): Z3Error {
  return new Z3Error('zfs-unavailable', `${title}: command not found: 'zfs'`, {
    hint: `Install ZFS on that host (zfsutils-linux on Debian and Ubuntu), or set PATH in its sshd_config; searched: ${path}.`,
  })
}

function noise({ title }: Connection, stdout: string, stderr: string): Z3Error {
  const [line = ''] = (stdout === '' ? stderr : stdout).trim().split('\n')
  return new Z3Error(
    'ssh-failed',
    `${title}: unexpected output of the login shell: ${JSON.stringify(line.slice(0, 200))}`,
    {
      hint: `Remove output from the shell's startup files on that host: it would corrupt streams. 'ssh ${title} true' must print nothing.`,
    },
  )
}
