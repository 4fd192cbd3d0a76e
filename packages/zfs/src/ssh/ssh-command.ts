import type { Command } from '@z3/core'
import { exec, type ExecOptions } from '../exec.js'
import { sshError } from './ssh-error.js'
import type { SshAddress } from './ssh-address.js'

/** What a user adds to the ssh configuration of his own. */
export interface SshOptions {
  /** A file in place of ~/.ssh/config and /etc/ssh/ssh_config: -F. */
  readonly config?: string | undefined
  /** Words for -o: `key=value`. They win over the configuration. */
  readonly options?: readonly string[] | undefined
  readonly port?: number | undefined
  readonly identity?: string | undefined
}

/**
 * Settings that a command which moves data must not take from a configuration
 * that was written for logins; the same that scp sets (scp.c). A terminal would
 * change bytes, a forwarding that is taken already would end the connection.
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
 * `ssh` of one command on another host.
 *
 * @param remote the command, written for the shell there, see `remoteWord`; none
 *   for a connection alone
 * @param before options that shall win over the user's own: of two of a kind,
 *   ssh takes the first
 * @param after options that stand in for what the user has not set
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
      // never an option, whatever it looks like
      '--',
      destination(ssh),
      ...(remote === undefined ? [] : [remote]),
    ],
  }
}

/**
 * Options of the process that holds a connection for others to use, to be put
 * before the user's: his configuration may share connections by itself.
 *
 * @param socket where the others find it
 */
export function masterOptions(socket: string): readonly string[] {
  return [
    '-M',
    '-N',
    ...socketOption(socket),
    ...AS_SCP_DOES,
    // it must not outlive us
    ...['-o', 'ControlPersist=no'],
  ]
}

/**
 * Options of a command that goes over such a connection, or fails: where it is
 * gone, ssh would make one of its own, which nobody watches.
 */
export function useOptions(socket: string): readonly string[] {
  return [...socketOption(socket), ...AS_SCP_DOES, ...['-o', 'ProxyCommand=false']]
}

/** ssh replaces % in it. */
function socketOption(socket: string): readonly string[] {
  return ['-S', socket.replaceAll('%', '%%')]
}

/** What ssh takes for a destination; it wants no brackets. */
function destination({ user, host }: SshAddress): string {
  return user === undefined ? host : `${user}@${host}`
}

/**
 * What ssh would do, by all of its configuration: `ssh -G`, which connects to
 * nobody.
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
 * Limits where the user has set none: without them ssh waits for a host that is
 * not there as long as TCP does, and for one that goes away for ever. A dead
 * line ends within about a minute.
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
