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

/** Where a connection is made from. */
export interface Here {
  readonly env: NodeJS.ProcessEnv
  /** Ends commands that run, and an open. It does not end the connection. */
  readonly signal?: AbortSignal | undefined
}

/** A connection that the commands of one run share. */
export interface Connection {
  readonly ssh: SshAddress
  /** For people: `user@host`. */
  readonly title: string
  /** Whom ssh logs in as. */
  readonly login: string
  /** An ssh that runs one word in the shell there, see `remoteWord`. */
  command(word: string): Command
  /** The same without this connection: for people to paste. */
  shown(word: string): Command
  /**
   * Run one word there, standard input empty.
   *
   * @throws Z3Error `ssh-failed`: the command may have run, or not
   * @throws the signal's reason
   */
  exec(word: string, firstLines?: number): Promise<ExecResult>
  /** Why the connection is gone; undefined while it is there. */
  lost(): Promise<Z3Error | undefined>
  /** It does not throw, and may be called twice. */
  close(): Promise<void>
}

/** What ssh exits with for reasons of its own; a command there may, too. */
const SSH_FAILED = 255

/** Others see that the connection is gone before we do: how long, ms. */
const NOTICE = 1_000

/** How long the process that holds the connection may take to answer, ms. */
const ANSWER = 10_000

/**
 * Connect to a host: one ssh, which the commands of this run go through. It ends
 * when it is closed, and when this process ends, however that is.
 *
 * @throws Z3Error `ssh-failed`: no such host, its key has changed or is not
 *   known, it does not let us in or cannot be reached; `config`: ssh does not
 *   take its configuration; `program-missing`: there is no ssh
 * @throws the signal's reason
 */
export async function openSsh(
  ssh: SshAddress,
  options: SshOptions,
  here: Here,
): Promise<Connection> {
  const { signal } = here
  // Debian's ssh takes the locale along
  const env = { ...here.env, LC_ALL: 'C' }
  signal?.throwIfAborted()
  if (findProgram('ssh', env) === undefined) {
    throw new Z3Error('program-missing', "there is no 'ssh' command here", {
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
        ? new Z3Error('ssh-failed', `ssh cannot be started: ${master.failure.message}`, {
            cause: master.failure,
          })
        : sshError(ssh, master.stderr, 'it did not answer in time')
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
        `${this.title}: ssh could not be run to its end: ${outcome.error.message}`,
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
    return this.#gone() ?? sshError(this.ssh, '', 'the connection does not answer any more')
  }

  close(): Promise<void> {
    this.#closing ??= this.#master.close()
    return this.#closing
  }

  /** Does the process that holds the connection answer us? */
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
      return new Z3Error('ssh-failed', `${this.title}: the connection has been closed`)
    }
    return this.#master.ended ? this.#error() : undefined
  }

  #error(): Z3Error {
    return sshError(this.ssh, this.#master.stderr, 'the connection is gone: its ssh was ended')
  }
}
