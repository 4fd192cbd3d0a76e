import { Z3Error, type Command } from '@z3/core'
import { quote, renderPipeline } from '@z3/pipeline'
import type { ExecResult } from '../exec.js'
import type { Host } from '../host.js'
import type { Run } from '../run.js'
import { limitWords, OVER_SSH } from '../read/ask.js'
import { zfsError } from '../zfs-error.js'
import { openSsh, type Connection, type Here } from './connection.js'
import { probe, type Remote, type Sudo } from './probe.js'
import { remoteWord } from './remote-word.js'
import type { SshOptions } from './ssh-command.js'
import type { SshAddress } from './ssh-address.js'

/** How to reach a host, and how to run zfs there. */
export interface SshHostOptions extends SshOptions {
  /** Default: auto. */
  readonly sudo?: Sudo | undefined
  /**
   * `z3-ssh-sync serve` checks the commands. Detected otherwise, at the price of a line in its log.
   */
  readonly restricted?: boolean | undefined
}

/** Exit status of a shell for a program that does not exist. */
const NOT_FOUND = 127

/**
 * Exit status for a program that cannot be executed, and of `z3-ssh-sync serve` for a refused
 * command.
 */
const NOT_EXECUTABLE = 126

/**
 * Connect to a host and probe it. The caller must close it.
 *
 * @throws Z3Error `ssh-failed`, `config`, `program-missing`: see `openSsh`; `zfs-unavailable`: zfs
 *   is not installed; `not-permitted`: sudo needs a password
 * @throws the signal's reason
 */
export async function sshHost(
  ssh: SshAddress,
  { sudo = 'auto', restricted = false, ...options }: SshHostOptions,
  here: Here,
): Promise<Host> {
  const connection = await openSsh(ssh, options, here)
  try {
    return toHost(connection, await probe(connection, sudo, restricted))
  } catch (error) {
    await connection.close()
    throw error
  }
}

function toHost(connection: Connection, remote: Remote): Host {
  const { title, ssh } = connection
  const programs = new Map<string, Promise<boolean>>()
  for (const [name, found] of remote.programs) {
    programs.set(name, Promise.resolve(found))
  }
  return {
    title,
    ssh,
    user: remote.user,
    restricted: remote.restricted,
    run: limitWords(runOverSsh(connection, remote), OVER_SSH),
    // not with sudo, which may permit only zfs; these queries need no permission
    zpool: runOverSsh(connection, { ...remote, sudo: false }, 'zpool'),
    stages: (commands) => [
      {
        ...connection.command(remoteWord(commands, remote)),
        name: `${renderPipeline(commands)} on ${title}`,
      },
    ],
    shown: (commands) => [connection.shown(remoteWord(commands, remote))],
    hasProgram: (name) => {
      const known = programs.get(name) ?? find(connection, remote, name)
      programs.set(name, known)
      return known
    },
    lost: () => connection.lost(),
    close: () => connection.close(),
  }
}

/** `zfs` or `zpool` of another host. Errors name the host. */
function runOverSsh(connection: Connection, remote: Remote, file: 'zfs' | 'zpool' = 'zfs'): Run {
  return async (args, { withStderr = false, firstLines } = {}) => {
    const command: Command = { file, args }
    const word = remoteWord([command], remote)
    const outcome = await connection.exec(word, firstLines)
    if (outcome.code !== 0) throw failure(args, outcome, connection, remote)
    const { stdout, stderr } = outcome
    return withStderr ? stdout + stderr : stdout
  }
}

function failure(
  args: readonly string[],
  { stderr, code, killedBy }: ExecResult,
  { title, login }: Connection,
  { user, restricted }: Remote,
): Z3Error {
  // the login shell may print other lines before and after
  const all = stderr.trim().split('\n')
  const said = all.findLast((line) => /not allowed: |zfs|not found/.test(line)) ?? all.at(-1) ?? ''
  if (restricted && code === NOT_EXECUTABLE) {
    return new Z3Error('not-permitted', `${title}: ${said}`, {
      hint: 'The key permits certain commands only: see its line in authorized_keys on that host.',
    })
  }
  // reported by env or by the shell
  if (code === NOT_FOUND || code === NOT_EXECUTABLE) {
    return new Z3Error('zfs-unavailable', `${title}: cannot run zfs: ${said}`, {
      hint: 'Install ZFS on that host, or set PATH in its sshd_config.',
    })
  }
  return zfsError({
    args,
    stderr,
    code,
    signal: killedBy,
    user: /^sudo: /m.test(stderr) ? login : user,
    host: title,
  })
}

async function find(connection: Connection, remote: Remote, name: string): Promise<boolean> {
  const word = `command -v ${quote(name)}`
  const { path, restricted } = remote
  const env = path === undefined ? '' : `env ${quote(`PATH=${path}`)} `
  const asked = restricted ? word : `${env}sh -c ${quote(word)}`
  const { code } = await connection.exec(asked)
  return code === 0
}
