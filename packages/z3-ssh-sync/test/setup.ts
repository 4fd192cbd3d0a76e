import { readFileSync } from 'node:fs'
import { runInside, type BinaryResult, type TestTarget } from '@z3/fixtures'
import type { Test } from 'tap'
import { main } from '../src/main.js'

/** The options that lead to a host as root. */
export const ssh = ({ key, knownHosts }: TestTarget): readonly string[] => [
  '--identity',
  key,
  '--ssh-option',
  `UserKnownHostsFile=${knownHosts}`,
]

/** One file that knows the keys of both hosts, for what reaches both. */
export const bothWays = (t: Test, one: TestTarget, other: TestTarget): readonly string[] => {
  const known = [one, other].map((host) => readFileSync(host.knownHosts, 'utf8'))
  const dir = t.testdir({ known: known.join('') })
  return [
    ...['--ssh-option', `UserKnownHostsFile=${dir}/known`],
    ...['--ssh-option', `IdentityFile=${one.key}`],
    ...['--ssh-option', `IdentityFile=${other.key}`],
  ]
}

/** z3-ssh-sync on the source host. */
export const sync = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<BinaryResult> =>
  runInside(main, args, {
    env: { SNAPSHOT_PREFIX: '', ...env },
  })
