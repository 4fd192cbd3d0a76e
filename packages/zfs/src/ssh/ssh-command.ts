import type { Command } from '@z3/core'
import { exec, type ExecOptions } from '../exec.js'
import { sshError } from './ssh-error.js'
import type { SshAddress } from './ssh-address.js'

/** A user's additions to the ssh configuration. */
export interface SshOptions {
  /** -F: replaces ~/.ssh/config and /etc/ssh/ssh_config. */
  readonly config?: string | undefined
  /** `key=value` for -o; overrides the configuration. */
  readonly options?: readonly string[] | undefined
  readonly port?: number | undefined
  readonly identity?: string | undefined
}

/**
 * Settings that a command which transfers data must not take from a configuration for logins; the
 * same as in scp (scp.c). A terminal would change bytes; a forwarding that cannot be set up would
 * end the connection.
 */
const AS_SCP_DOES = [
  '-T',
  '-x',
  ...['-o', 'ForwardAgent=no'],
  ...['-o', 'PermitLocalCommand=no'],
  ...['-o', 'ClearAllForwardings=yes'],
  ...['-o', 'RemoteCommand=none'],
]

/**
 * The `ssh` command line for a command on another host.
 *
 * @param remote the command, formatted for the remote shell, see `remoteWord`; none to only connect
 * @param before options that override the user's: ssh uses the first value of an option
 * @param after defaults for what the user has not set
 */
export function sshCommand(
  ssh: SshAddress,
  options: SshOptions,
  remote: string | undefined,
  before: readonly string[] = AS_SCP_DOES,
  after: readonly string[] = [],
): Command {
  const { config, options: more = [], port, identity } = options
  return {
    file: 'ssh',
    args: [
      ...(config === undefined ? [] : ['-F', config]),
      ...before,
      ...more.flatMap((option) => ['-o', option]),
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(identity === undefined ? [] : ['-i', identity]),
      ...after,
      // the host is never an option, whatever it looks like
      '--',
      destination(ssh),
      ...(remote === undefined ? [] : [remote]),
    ],
  }
}

/**
 * Options of the master process, to be put before the user's, whose configuration may also share
 * connections.
 *
 * @param socket the control socket
 */
export function masterOptions(socket: string): readonly string[] {
  return [
    '-M',
    '-N',
    ...socketOption(socket),
    ...AS_SCP_DOES,
    // must not outlive this process
    ...['-o', 'ControlPersist=no'],
  ]
}

/**
 * Options of a command that uses the master's connection, or else fails: without them, ssh would
 * open its own connection, which nobody monitors.
 */
export function useOptions(socket: string): readonly string[] {
  return [...socketOption(socket), ...AS_SCP_DOES, ...['-o', 'ProxyCommand=false']]
}

/** ssh expands % in the path. */
function socketOption(socket: string): readonly string[] {
  return ['-S', socket.replaceAll('%', '%%')]
}

/** The destination argument of ssh, without brackets. */
function destination({ user, host }: SshAddress): string {
  return user === undefined ? host : `${user}@${host}`
}

/**
 * The effective configuration of ssh (`ssh -G`, which does not connect).
 *
 * @throws Z3Error `config`
 */
export async function effectiveSettings(
  ssh: SshAddress,
  options: SshOptions,
  here: ExecOptions,
): Promise<ReadonlyMap<string, string>> {
  const asked = await exec(sshCommand(ssh, options, undefined, ['-G']), here)
  here.signal?.throwIfAborted()
  if (asked.code !== 0 || asked.error) {
    throw sshError(ssh, asked.stderr, asked.error?.message)
  }
  return new Map(
    asked.stdout.split('\n').map((line): [string, string] => {
      const [name = '', ...value] = line.split(' ')
      return [name, value.join(' ')]
    }),
  )
}

/**
 * Timeouts that the user has not set. By default, ssh waits for an absent host as long as TCP does,
 * and forever for one that disappears. With these, a dead connection ends within about a minute.
 */
export function missingSettings(settings: ReadonlyMap<string, string>): readonly string[] {
  const unset = (name: string, nothing: string): boolean =>
    (settings.get(name) ?? nothing) === nothing
  return [
    ...(unset('connecttimeout', 'none') ? ['-o', 'ConnectTimeout=15'] : []),
    ...(unset('serveraliveinterval', '0')
      ? ['-o', 'ServerAliveInterval=15', '-o', 'ServerAliveCountMax=4']
      : []),
  ]
}
