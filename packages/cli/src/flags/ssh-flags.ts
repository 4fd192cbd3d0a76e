import { Z3Error } from '@z3/core'
import { repeatable } from '../arguments/command-spec.js'

/** Options of programs that reach another host: how. */
export const sshFlags = {
  'ssh-config': {
    type: 'string',
    requiresArg: true,
    value: 'FILE',
    group: 'ssh',
    describe: 'ssh configuration file (ssh -F)',
  },
  'ssh-option': repeatable({
    type: 'string',
    requiresArg: true,
    value: 'KEY=VALUE',
    group: 'ssh',
    describe: 'Pass an option to ssh (ssh -o); repeatable',
  } as const),
  port: {
    type: 'string',
    requiresArg: true,
    value: 'PORT',
    group: 'ssh',
    describe: 'Port of the remote host (ssh -p)',
  },
  identity: {
    type: 'string',
    alias: 'i',
    requiresArg: true,
    value: 'FILE',
    group: 'ssh',
    describe: 'Private key file (ssh -i)',
  },
  sudo: {
    type: 'boolean',
    group: 'ssh',
    describe: 'Run zfs with sudo -n on the remote host (default: if needed)',
  },
  'no-sudo': {
    type: 'boolean',
    group: 'ssh',
    describe: 'Never use sudo',
  },
} as const

/** What they were set to, as `sshHost` of packages/zfs takes it. */
export interface SshFlags {
  readonly config: string | undefined
  readonly options: readonly string[]
  readonly port: number | undefined
  readonly identity: string | undefined
  readonly sudo: 'auto' | 'yes' | 'no'
  readonly restricted: boolean
}

/**
 * Read them.
 *
 * @throws Z3Error `usage`
 */
export function readSshFlags(args: {
  readonly 'ssh-config'?: string | undefined
  readonly 'ssh-option'?: string | readonly string[] | undefined
  readonly port?: string | undefined
  readonly identity?: string | undefined
  readonly sudo?: boolean | undefined
  readonly 'no-sudo'?: boolean | undefined
  readonly restricted?: boolean | undefined
}): SshFlags {
  const port = args.port === undefined ? undefined : Number(args.port)
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new Z3Error('usage', `--port: '${String(args.port)}' is not a port`, {
      hint: 'Give a number from 1 to 65535.',
    })
  }
  return {
    config: args['ssh-config'],
    options: [args['ssh-option'] ?? []].flat(),
    port,
    identity: args.identity,
    sudo: args.sudo ? 'yes' : args['no-sudo'] ? 'no' : 'auto',
    restricted: args.restricted === true,
  }
}
