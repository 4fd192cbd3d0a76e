import { Z3Error } from '@z3/core'
import { quote } from '@z3/pipeline'
import { sudoHint } from '../zfs-error.js'
import type { Connection } from './connection.js'
import type { RemoteShell } from './remote-word.js'

/** When zfs is run by sudo: `auto` where that works and we are not root. */
export type Sudo = 'auto' | 'yes' | 'no'

/** What a host is like. */
export interface Remote extends RemoteShell {
  /** Whom zfs runs as. */
  readonly user: string
  /** Programs that were looked for, and whether they are there. */
  readonly programs: ReadonlyMap<string, boolean>
}

/** What is asked for with the first question, to save others. */
const PROGRAMS = ['zfs', 'mbuffer', 'zstd', 'lz4', 'pigz', 'pv']

/**
 * Where zfs may be besides, see `zfsPath`; and the programs of FreeBSD's
 * packages, which sshd's own PATH there lacks.
 */
const ADMIN = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/sbin']

/** Nothing but our own answers may come. */
const BEGIN = 'z3-probe 1'

/** Shells that may have `set -o pipefail`: dash has it since 0.5.13. */
const SHELLS = ['sh', 'bash', 'ksh', 'zsh']

/**
 * One line, in quotes of the inner shell only: it goes through a shell that need
 * not be a POSIX one. Where `sudo -n` is refused, some sudo writes mail to root:
 * it is asked only when it is to be used. `zfs list` tells whether sudo lets us
 * run zfs; a sudoers that allows nothing else is a good one. A zfs that fails by
 * itself was run all the same; what sudo warns of before it is no refusal.
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
 * Ask a host what it is like, in one go.
 *
 * @param restricted its commands are checked: ask nothing that would be refused
 * @throws Z3Error `zfs-unavailable`: there is no zfs; `not-permitted`: sudo
 *   wants a password; `ssh-failed`: it writes what it should not, or the
 *   connection was lost
 */
export async function probe(
  connection: Connection,
  sudo: Sudo,
  restricted: boolean,
): Promise<Remote> {
  if (restricted) return probeRestricted(connection, sudo)
  const { code, stdout, stderr } = await connection.exec(`sh -c ${quote(script(sudo))}`)
  // a forced command refuses what it does not know, see z3-ssh-sync serve
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

/** @param answer `works`, `missing`, or `refused` and what sudo said */
function usesSudo(answer: string | undefined, sudo: Sudo, { title, login }: Connection): boolean {
  if (answer === 'works') return true
  if (sudo !== 'yes') return false
  if (answer === 'missing') {
    throw new Z3Error('program-missing', `${title}: there is no 'sudo' there`, {
      hint: 'Install it there, or use --no-sudo and let root permit with zfs allow what is needed.',
    })
  }
  throw new Z3Error(
    'not-permitted',
    `${title}: sudo wants a password, or does not let us run zfs`,
    { hint: sudoHint(login), cause: new Error(answer) },
  )
}

/** Of what `serve` allows, only the few words that it knows are asked. */
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
  return new Z3Error('zfs-unavailable', `${title}: there is no 'zfs' command there`, {
    hint: `Install ZFS there (zfsutils-linux on Debian and Ubuntu), or set PATH in its sshd; searched: ${path}.`,
  })
}

function noise({ title }: Connection, stdout: string, stderr: string): Z3Error {
  const [line = ''] = (stdout === '' ? stderr : stdout).trim().split('\n')
  return new Z3Error(
    'ssh-failed',
    `${title}: its shell answers with ${JSON.stringify(line.slice(0, 200))} instead of running a command`,
    {
      hint: `The output of 'ssh ${title} true' would end up in a stream: remove output from the shell's startup files there.`,
    },
  )
}
