import { Z3Error, type ErrorCode } from '@z3/core'
import { formatSshAddress, type SshAddress } from './ssh-address.js'

interface Rule {
  /** Held against what ssh wrote to stderr. */
  readonly pattern: RegExp
  /** Default: `ssh-failed`. */
  readonly code?: ErrorCode
  /** What is said of the host, behind its name. */
  readonly message: (match: RegExpExecArray) => string
  readonly hint: (title: string, match: RegExpExecArray) => string
}

/**
 * The words of OpenSSH 9.2, most of which are as old as ssh. The first that
 * matches counts.
 */
const RULES: readonly Rule[] = [
  {
    pattern: /Could not resolve hostname (.*)$/m,
    message: ([, what = '']) => `its name cannot be resolved: ${what}`,
    hint: () => 'Check the name, or add it to ssh_config; name resolution itself may be down.',
  },
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    message: () => 'its host key is not the one that we know',
    hint: (title) =>
      `Somebody may be in between: only when you know why it has changed, remove the old key with 'ssh-keygen -R ${hostOf(title)}' and connect once by hand.`,
  },
  {
    pattern: /^(?:Host key verification failed|No \S+ host key is known for)/m,
    message: () => 'its host key is not known here',
    hint: (title) => `Run 'ssh ${title}' once by hand, as the same user, and compare the key.`,
  },
  {
    pattern: /Identity file (.*) not accessible: (.*)\.$[^]*Permission denied \(/m,
    message: ([, file = '', why = '']) =>
      `it does not let us in, and the key ${file} cannot be read: ${why.toLowerCase()}`,
    hint: () => 'Name the key with --identity.',
  },
  {
    pattern:
      /(?:Permission denied \((.*)\)|Too many authentication failures|No supported authentication methods)/,
    message: ([said, methods]) =>
      methods === undefined
        ? `it does not let us in: ${said}`
        : `it does not let us in by ${methods.replaceAll(',', ', ')}`,
    hint: () =>
      'Add our public key to authorized_keys there, and name the key with --identity: cron has no agent.',
  },
  {
    pattern: /Connection refused$/m,
    message: () => 'it refuses the connection',
    hint: () => 'Check that sshd is running there, and the port (--port).',
  },
  {
    pattern:
      /^ssh: connect to host .*: (Connection timed out|Operation timed out|No route to host|Network is unreachable|Host is down)$|(Connection timed out) during banner exchange/m,
    message: ([, how, later = '']) => `it cannot be reached: ${(how ?? later).toLowerCase()}`,
    hint: () =>
      'Check that the host is up and that no firewall blocks ssh; ssh_config may set ConnectTimeout.',
  },
  {
    pattern: /^Timeout, server .* not responding/m,
    message: () => 'the connection is dead: it has not answered for a while',
    hint: () => 'Retry: received data is not sent twice.',
  },
  {
    pattern: /(?:Connection (?:closed|reset)|Broken pipe|closed by remote host)/m,
    message: () => 'it has closed the connection',
    hint: () => 'See the log of sshd there.',
  },
  {
    pattern:
      /^mux_client_request_session: session request failed: (.*)$|Session open refused by peer/m,
    message: () => 'it refuses another session on the connection',
    hint: () => 'Raise MaxSessions of sshd there.',
  },
  {
    pattern:
      // last: a banner may look so
      /^(.*:? line \d+: .*|.*: terminating, \d+ bad configuration options|Can't open user config file .*|Bad owner or permissions on .*|command-line: .*)$/m,
    code: 'config',
    message: ([line = '']) => `ssh does not take its configuration: ${line}`,
    hint: () => 'Correct ssh_config, or the option of ssh that was given.',
  },
]

/** The most of what ssh said that goes into one line of ours, characters. */
const MAX_SAID = 300

/**
 * What went wrong with a connection, from what ssh wrote to stderr.
 *
 * @returns Z3Error `ssh-failed`, or `config`
 */
export function sshError(
  ssh: SshAddress,
  stderr: string,
  /** When it says nothing. */
  otherwise = 'ssh has failed and said nothing',
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

/** Whether a line is one that ssh, not a program of the other host, writes. */
export function isOfSsh(stderr: string): boolean {
  return /^(?:mux_client_|muxclient|Control[Ss]ocket|Control socket|ssh: |ssh_|kex_|client_loop|Connection (?:closed|reset|to .* closed)|Host key verification failed|Timeout, server |.*@.*: Permission denied \()/m.test(
    stderr,
  )
}

function hostOf(title: string): string {
  return title.slice(title.lastIndexOf('@') + 1)
}
