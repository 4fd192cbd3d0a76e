import { exec } from '../exec.js'
import type { Here } from './connection.js'
import { sshCommand, type SshOptions } from './ssh-command.js'
import { sshError } from './ssh-error.js'
import type { SshTarget } from './ssh-target.js'

/**
 * What ssh would do, by all of its configuration: `ssh -G`, which connects to
 * nobody.
 *
 * @throws Z3Error `config`
 */
export async function effectiveSettings(
  target: SshTarget,
  options: SshOptions,
  { env, signal }: Here,
): Promise<ReadonlyMap<string, string>> {
  const asked = await exec(sshCommand(target, options, undefined, ['-G']), {
    env,
    signal,
  })
  signal?.throwIfAborted()
  if (asked.code !== 0 || asked.error) {
    throw sshError(target, asked.stderr, asked.error?.message)
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
