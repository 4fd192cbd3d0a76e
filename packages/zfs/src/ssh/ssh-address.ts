import { checkDatasetName, Z3Error } from '@z3/core'

/** A host as ssh knows it: a name, an address or an alias of ssh_config. */
export interface SshAddress {
  /** Default: as configured for ssh, else the local user. */
  readonly user?: string | undefined
  /** An IPv6 address has no brackets here. */
  readonly host: string
}

/** A dataset on this host or another. */
export interface Place {
  /** undefined: this host. */
  readonly ssh: SshAddress | undefined
  readonly dataset: string
}

/**
 * Characters that OpenSSH 9.6 refuses in user and host names (ssh.c, `valid_ruser`,
 * `valid_hostname`), since a ProxyCommand may pass them to a shell (CVE-2023-51385), and characters
 * that would start another word or part of a path.
 */
const UNSAFE = /[\s\p{Cc}'"`$\\;&<>|(){}/]/u

/**
 * Parse `[user@]host`; an IPv6 address may be in brackets.
 *
 * @throws Z3Error `usage`
 */
export function parseSshAddress(text: string): SshAddress {
  // the user name itself may contain an @ with a directory service: user@domain@host
  const at = text.lastIndexOf('@')
  const user = at < 0 ? undefined : text.slice(0, at)
  const host = text.slice(at + 1)
  const bare = /^\[(?<address>[^[\]]*:[^[\]]*)\]$/.exec(host)?.groups?.['address']
  const ssh = { ...(user === undefined ? {} : { user }), host: bare ?? host }
  check(text, 'host', ssh.host)
  if (bare === undefined && /[[\]]/.test(host)) {
    throw invalid(text, 'only an IPv6 address may be in brackets')
  }
  if (user !== undefined) check(text, 'user', user)
  return ssh
}

/**
 * Parse `[user@]HOST:DATASET`, or `DATASET` on this host. Text before the first colon is a host,
 * unless it contains a slash: `tank/a:b` is a dataset. A pool name with a colon needs a leading
 * colon: `:a:b/c`.
 *
 * @throws Z3Error `usage`, `invalid-name`
 */
export function parsePlace(text: string): Place {
  const { before, dataset } = split(text)
  checkDatasetName(dataset)
  return {
    ssh: before === '' ? undefined : parseSshAddress(before),
    dataset,
  }
}

/** Format an address as it is parsed: `user@host`, `user@[::1]`. */
export function formatSshAddress({ user, host }: SshAddress): string {
  const name = host.includes(':') ? `[${host}]` : host
  return user === undefined ? name : `${user}@${name}`
}

/** Format a place as it is parsed. */
export function formatPlace({ ssh, dataset }: Place): string {
  if (ssh !== undefined) return `${formatSshAddress(ssh)}:${dataset}`
  return split(dataset).before === '' ? dataset : `:${dataset}`
}

function split(text: string): { before: string; dataset: string } {
  const host = /^(?:[^:/[]*\[[^\]]*\]|[^:/]*):/.exec(text)?.[0] ?? ''
  return { before: host.slice(0, -1), dataset: text.slice(host.length) }
}

function check(text: string, what: 'host' | 'user', name: string): void {
  if (name === '') throw invalid(text, `it contains no ${what}`)
  if (name.startsWith('-')) {
    throw invalid(text, `the ${what} begins with '-' like an option`)
  }
  const bad = UNSAFE.exec(name)
  if (bad) {
    throw invalid(text, `the ${what} contains ${JSON.stringify(bad[0])}`)
  }
}

function invalid(text: string, problem: string): Z3Error {
  return new Z3Error('usage', `cannot connect to ${JSON.stringify(text)}: ${problem}`, {
    hint: 'Use host or user@host, with an IPv6 address in brackets; define anything else as an alias in ssh_config.',
  })
}
