import { checkDatasetName, Z3Error } from '@z3/core'

/** A host as ssh knows it: a name, an address or an alias of ssh's config. */
export interface SshAddress {
  /** Default: what ssh's configuration says, else the name of the caller. */
  readonly user?: string | undefined
  /** An IPv6 address stands without brackets. */
  readonly host: string
}

/** A dataset, here or on another host. */
export interface Place {
  /** undefined: this host. */
  readonly ssh: SshAddress | undefined
  readonly dataset: string
}

/**
 * What OpenSSH 9.6 refuses in names of users and hosts (ssh.c, `valid_ruser`,
 * `valid_hostname`), since a ProxyCommand may hand them to a shell
 * (CVE-2023-51385), and what would be another word or part of a path.
 */
const UNSAFE = /[\s\p{Cc}'"`$\\;&<>|(){}/]/u

/**
 * Read `[user@]host`; an IPv6 address may stand in brackets.
 *
 * @throws Z3Error `usage`
 */
export function parseSshAddress(text: string): SshAddress {
  // a user of a directory service may have one of its own: user@domain@host
  const at = text.lastIndexOf('@')
  const user = at < 0 ? undefined : text.slice(0, at)
  const host = text.slice(at + 1)
  const bare = /^\[(?<address>[^[\]]*:[^[\]]*)\]$/.exec(host)?.groups?.['address']
  const ssh = { ...(user === undefined ? {} : { user }), host: bare ?? host }
  check(text, 'host', ssh.host)
  if (bare === undefined && /[[\]]/.test(host)) {
    throw invalid(text, 'brackets belong around an IPv6 address')
  }
  if (user !== undefined) check(text, 'user', user)
  return ssh
}

/**
 * Read `[user@]HOST:DATASET`, or `DATASET` on this host. What stands before the
 * first colon is a host, unless a slash comes earlier: `tank/a:b` is a dataset.
 * A pool with a colon in its name is written with a colon before it: `:a:b/c`.
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

/** Write an address as it is read: `user@host`, `user@[::1]`. */
export function formatSshAddress({ user, host }: SshAddress): string {
  const name = host.includes(':') ? `[${host}]` : host
  return user === undefined ? name : `${user}@${name}`
}

/** Write a place as it is read. */
export function formatPlace({ ssh, dataset }: Place): string {
  if (ssh !== undefined) return `${formatSshAddress(ssh)}:${dataset}`
  return split(dataset).before === '' ? dataset : `:${dataset}`
}

function split(text: string): { before: string; dataset: string } {
  const host = /^(?:[^:/[]*\[[^\]]*\]|[^:/]*):/.exec(text)?.[0] ?? ''
  return { before: host.slice(0, -1), dataset: text.slice(host.length) }
}

function check(text: string, what: 'host' | 'user', name: string): void {
  if (name === '') throw invalid(text, `it names no ${what}`)
  if (name.startsWith('-')) {
    throw invalid(text, `the ${what} begins with '-', as an option does`)
  }
  const bad = UNSAFE.exec(name)
  if (bad) {
    throw invalid(text, `the ${what} has the character ${JSON.stringify(bad[0])}`)
  }
}

function invalid(text: string, problem: string): Z3Error {
  return new Z3Error('usage', `cannot connect to ${JSON.stringify(text)}: ${problem}`, {
    hint: 'Write host or user@host; an IPv6 address goes in brackets, and what is longer goes into ssh_config under a short name.',
  })
}
