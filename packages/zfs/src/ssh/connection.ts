import { Z3Error, type Command } from '@z3/core'
import { findProgram } from '@z3/pipeline'
import { exec, type ExecResult } from '../exec.js'
import { makeSocketDir, Master } from './master.js'
import {
  effectiveSettings,
  masterOptions,
  missingSettings,
  sshCommand,
  useOptions,
  type SshOptions,
} from './ssh-command.js'
import { isOfSsh, sshError } from './ssh-error.js'
import { formatSshAddress, type SshAddress } from './ssh-address.js'

/** The environment of the local ssh. */
export interface Here {
  readonly env: NodeJS.ProcessEnv
  /** Stops commands and a pending connection attempt, but does not close the connection. */
  readonly signal?: AbortSignal | undefined
}

/** An ssh connection that the commands of one run share. */
export interface Connection {
  readonly ssh: SshAddress
  /** For messages: `user@host`. */
  readonly title: string
  /** The login user. */
  readonly login: string
  /** An ssh command that runs one word in the remote shell, see `remoteWord`. */
  command(word: string): Command
  /** The same for people to paste, without this connection. */
  shown(word: string): Command
  /**
   * Run one word on the host, with an empty standard input.
   *
   * @throws Z3Error `ssh-failed`: the command may or may not have run
   * @throws the signal's reason
   */
  exec(word: string, firstLines?: number): Promise<ExecResult>
  /** Why the connection is lost; undefined while it works. */
  lost(): Promise<Z3Error | undefined>
  /** Does not throw, may be called twice. */
  close(): Promise<void>
}

/** Exit status of ssh for its own failures. A remote command may exit with it, too. */
const SSH_FAILED = 255

/**
 * Commands notice a lost connection before the master process ends: how long to wait for it, ms.
 */
const NOTICE = 1_000

/** How long the master process may take to respond, ms. */
const ANSWER = 10_000

/**
 * Connect to a host: one ssh master process, shared by the commands of this run. It ends when it is
 * closed, and when this process ends for whatever reason.
 *
 * @throws Z3Error `ssh-failed`: unknown host, changed or unknown host key, login refused, or host
 *   unreachable; `config`: ssh rejects its configuration; `program-missing`: ssh is not installed
 * @throws the signal's reason
 */
export async function openSsh(
  ssh: SshAddress,
  options: SshOptions,
  here: Here,
): Promise<Connection> {
  const { signal } = here
  // Debian's ssh forwards the locale
  const env = { ...here.env, LC_ALL: 'C' }
  signal?.throwIfAborted()
  if (findProgram('ssh', env) === undefined) {
    throw new Z3Error('program-missing', "command not found: 'ssh'", {
      hint: 'Install openssh-client, or add its directory to PATH.',
    })
  }
  const settings = await effectiveSettings(ssh, options, { env, signal })
  const dir = await makeSocketDir(env)
  const master = new Master(
    sshCommand(ssh, options, undefined, masterOptions(dir.socket), missingSettings(settings)),
    dir,
    env,
  )
  try {
    if (!(await master.opened(signal))) {
      throw master.failure
        ? new Z3Error('ssh-failed', `cannot start ssh: ${master.failure.message}`, {
            cause: master.failure,
          })
        : sshError(ssh, master.stderr, 'connection timed out')
    }
  } catch (error) {
    await master.close()
    throw error
  }
  return new SharedConnection(ssh, options, master, {
    env,
    signal,
    socket: dir.socket,
    login: settings.get('user') ?? ssh.user ?? '',
  })
}

interface Shared extends Here {
  readonly socket: string
  readonly login: string
}

class SharedConnection implements Connection {
  readonly ssh: SshAddress
  readonly title: string
  readonly login: string
  readonly #options: SshOptions
  readonly #master: Master
  readonly #shared: Shared
  #closing: Promise<void> | undefined

  constructor(ssh: SshAddress, options: SshOptions, master: Master, shared: Shared) {
    this.ssh = ssh
    this.title = formatSshAddress(ssh)
    this.login = shared.login
    this.#options = options
    this.#master = master
    this.#shared = shared
  }

  command(word: string): Command {
    const { socket } = this.#shared
    return sshCommand(this.ssh, this.#options, word, useOptions(socket))
  }

  shown(word: string): Command {
    return sshCommand(this.ssh, this.#options, word, [])
  }

  async exec(word: string, firstLines?: number): Promise<ExecResult> {
    const { env, signal } = this.#shared
    signal?.throwIfAborted()
    const gone = this.#gone()
    if (gone) throw gone
    const outcome = await exec(this.command(word), { env, signal, firstLines })
    if (outcome.code !== 0 || outcome.error) signal?.throwIfAborted()
    if (outcome.error) {
      throw new Z3Error(
        'ssh-failed',
        `${this.title}: cannot run ssh to completion: ${outcome.error.message}`,
        { cause: outcome.error },
      )
    }
    if (outcome.code === SSH_FAILED) {
      const lost = await this.lost()
      if (lost) throw lost
      if (isOfSsh(outcome.stderr)) throw sshError(this.ssh, outcome.stderr)
    }
    return outcome
  }

  async lost(): Promise<Z3Error | undefined> {
    const gone = this.#gone()
    if (gone || (await this.#answers())) return gone
    await this.#master.endsWithin(NOTICE)
    return this.#gone() ?? sshError(this.ssh, '', 'the connection no longer responds')
  }

  close(): Promise<void> {
    this.#closing ??= this.#master.close()
    return this.#closing
  }

  /** Whether the master process responds. */
  async #answers(): Promise<boolean> {
    const { env, socket } = this.#shared
    const check = sshCommand(this.ssh, this.#options, undefined, [
      ...useOptions(socket),
      ...['-O', 'check'],
    ])
    const signal = AbortSignal.timeout(ANSWER)
    return (await exec(check, { env, signal })).code === 0
  }

  #gone(): Z3Error | undefined {
    if (this.#closing) {
      return new Z3Error('ssh-failed', `${this.title}: the connection is closed`)
    }
    return this.#master.ended ? this.#error() : undefined
  }

  #error(): Z3Error {
    return sshError(
      this.ssh,
      this.#master.stderr,
      'connection lost: its ssh process was terminated',
    )
  }
}
