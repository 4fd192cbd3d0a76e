import { Z3Error, type ErrorCode } from '@z3/core'
import { formatSshAddress, type SshAddress } from './ssh-address.js'

interface Rule {
  /** Matched against ssh's stderr. */
  readonly pattern: RegExp
  /** Default: `ssh-failed`. */
  readonly code?: ErrorCode
  /** The message after the host name. */
  readonly message: (match: RegExpExecArray) => string
  readonly hint: (title: string, match: RegExpExecArray) => string
}

/** Messages of OpenSSH 9.2, most of which never changed. The first match is used. */
const RULES: readonly Rule[] = [
  {
    pattern: /Could not resolve hostname (.*)$/m,
    message: ([, what = '']) => `cannot resolve the host name: ${what}`,
    hint: () => 'Check the name, the DNS server, or add the host to ssh_config.',
  },
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    message: () => 'the host key has changed',
    hint: (title) =>
      `This may be an attack. Only if you know why the key has changed, remove the old one with 'ssh-keygen -R ${hostOf(title)}' and connect once manually.`,
  },
  {
    pattern: /^(?:Host key verification failed|No \S+ host key is known for)/m,
    message: () => 'unknown host key',
    hint: (title) =>
      `Run 'ssh ${title}' once manually, as the same user, and compare the fingerprint.`,
  },
  {
    pattern: /Identity file (.*) not accessible: (.*)\.$[^]*Permission denied \(/m,
    message: ([, file = '', why = '']) =>
      `login refused, and the key ${file} cannot be read: ${why.toLowerCase()}`,
    hint: () => 'Specify the key with --identity.',
  },
  {
    pattern:
      /(?:Permission denied \((.*)\)|Too many authentication failures|No supported authentication methods)/,
    message: ([said, methods]) =>
      methods === undefined
        ? `login refused: ${said}`
        : `login refused (${methods.replaceAll(',', ', ')})`,
    hint: () =>
      'Add the public key to authorized_keys on that host, and specify the private key with --identity: cron has no agent.',
  },
  {
    pattern: /Connection refused$/m,
    message: () => 'connection refused',
    hint: () => 'Check that sshd is running on that host, and the port (--port).',
  },
  {
    pattern:
      /^ssh: connect to host .*: (Connection timed out|Operation timed out|No route to host|Network is unreachable|Host is down)$|(Connection timed out) during banner exchange/m,
    message: ([, how, later = '']) => `cannot connect: ${(how ?? later).toLowerCase()}`,
    hint: () =>
      'Check that the host is up and that no firewall blocks ssh; ConnectTimeout in ssh_config sets the timeout.',
  },
  {
    pattern: /^Timeout, server .* not responding/m,
    message: () => 'connection timed out: no response',
    hint: () => 'Retry: received data is not sent again.',
  },
  {
    pattern: /(?:Connection (?:closed|reset)|Broken pipe|closed by remote host)/m,
    message: () => 'connection closed by the host',
    hint: () => 'See the log of sshd on that host.',
  },
  {
    pattern:
      /^mux_client_request_session: session request failed: (.*)$|Session open refused by peer/m,
    message: () => 'the host refuses another session on this connection',
    hint: () => 'Increase MaxSessions in its sshd_config.',
  },
  {
    pattern:
      // last: a banner may look like this
      /^(.*:? line \d+: .*|.*: terminating, \d+ bad configuration options|Can't open user config file .*|Bad owner or permissions on .*|command-line: .*)$/m,
    code: 'config',
    message: ([line = '']) => `ssh rejects its configuration: ${line}`,
    hint: () => 'Correct ssh_config or the ssh option.',
  },
]

/** Maximum length of ssh's output in a message, characters. */
const MAX_SAID = 300

/**
 * The error for a failed connection, from ssh's stderr.
 *
 * @returns Z3Error `ssh-failed`, or `config`
 */
export function sshError(
  ssh: SshAddress,
  stderr: string,
  /** The message if stderr is empty. */
  otherwise = 'ssh failed without a message',
): Z3Error {
  const title = formatSshAddress(ssh)
  const cause = new Error(stderr)
  for (const { pattern, code = 'ssh-failed', message, hint } of RULES) {
    const match = pattern.exec(stderr)
    if (match) {
      return new Z3Error(code, `${title}: ${message(match)}`, {
        hint: hint(title, match),
        cause,
      })
    }
  }
  const said = stderr
    .trim()
    .split(/[\r\n]+/)
    .at(-1)
    ?.trim()
  return new Z3Error('ssh-failed', `${title}: ${said ? said.slice(0, MAX_SAID) : otherwise}`, {
    hint: `Try 'ssh -v ${title}'.`,
    cause,
  })
}

/** Whether ssh itself, not the remote program, wrote a line. */
export function isOfSsh(stderr: string): boolean {
  return /^(?:mux_client_|muxclient|Control[Ss]ocket|Control socket|ssh: |ssh_|kex_|client_loop|Connection (?:closed|reset|to .* closed)|Host key verification failed|Timeout, server |.*@.*: Permission denied \()/m.test(
    stderr,
  )
}

function hostOf(title: string): string {
  return title.slice(title.lastIndexOf('@') + 1)
}
