import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  onHost,
  runBinary,
  testHosts,
  type BinaryResult,
  type TestTarget,
} from '@z3/fixtures'
import type { Test } from 'tap'

/** A pool on one of the two hosts. */
export interface HostPool {
  readonly name: string
  readonly host: TestTarget
  /** Run a script there with POOL; fails unless it exits 0. */
  must(script: string, env?: Readonly<Record<string, string>>): Promise<string>
  /** Guids of a dataset's snapshots, `name<tab>guid`, the oldest first. */
  guids(dataset: string): Promise<string>
  close(): Promise<void>
}

/** Longer than any test file takes, milliseconds. */
const PATIENCE = 200_000

/**
 * Make a pool on a disk of a host. Test files run side by side; those that share
 * a disk take turns, that of the source first.
 */
export const hostPool = async (
  side: 'source' | 'target',
  disk: number,
  name: string,
): Promise<HostPool> => {
  const host = testHosts()[side]
  const pool = `${host.prefix}${name}${String(process.pid)}`
  const must: HostPool['must'] = async (script, env = {}) => {
    const { code, stdout, stderr } = await onHost(host, script, {
      ...env,
      POOL: pool,
    })
    if (code !== 0)
      throw new Error(`exit ${String(code)}: ${script}\n${stderr}`)
    return String(stdout)
  }
  const create = `zpool create -f "$POOL" ${host.vdevs[disk] ?? ''}`
  const end = Date.now() + PATIENCE
  for (;;) {
    const { code, stderr } = await onHost(host, create, { POOL: pool })
    if (code === 0) break
    if (!stderr.includes('is part of active pool') || Date.now() > end) {
      throw new Error(`${create}: ${stderr}`)
    }
    await sleep(500)
  }
  return {
    name: pool,
    host,
    must,
    guids: (dataset) =>
      must(
        'zfs list -Hp -t snapshot -d 1 -o name,guid -s createtxg "$DATASET" | sed "s/.*@//"',
        { DATASET: dataset },
      ),
    close: async () => {
      await onHost(host, 'zpool destroy -f "$POOL"', { POOL: pool })
    },
  }
}

/** The options that lead to a host as root. */
export const ssh = ({ key, knownHosts }: TestTarget): readonly string[] => [
  '--identity',
  key,
  '--ssh-option',
  `UserKnownHostsFile=${knownHosts}`,
]

/** One file that knows the keys of both hosts, for what reaches both. */
export const bothWays = (
  t: Test,
  one: TestTarget,
  other: TestTarget,
): readonly string[] => {
  const known = [one, other].map((host) =>
    readFileSync(host.knownHosts, 'utf8'),
  )
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
  runBinary('z3-ssh-sync', args, {
    env: { SNAPSHOT_PREFIX: '', ...env },
  })
