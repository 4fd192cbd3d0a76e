import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  hostPool,
  inOtherSeconds,
  runBinary,
  startBinary,
  testHosts,
  type BinaryResult,
  type HostPool,
  type RunningBinary,
} from '@z3/fixtures'
import type { Test } from 'tap'

type Side = Parameters<typeof hostPool>[0]

/** Two pools, and z3-autobackup between them. */
export interface Scene {
  readonly from: HostPool
  readonly to: HostPool
  /** For --ssh-source and --ssh-target: the hosts of the two pools. */
  readonly fromHost: string
  readonly toHost: string
  /** Run z3-autobackup on the host of `from`, or of `to`. */
  run(
    args: readonly string[],
    where?: 'from' | 'to',
    env?: Readonly<Record<string, string>>,
  ): Promise<BinaryResult>
  start(
    args: readonly string[],
    where?: 'from' | 'to',
    env?: Readonly<Record<string, string>>,
  ): RunningBinary
  /** Fails unless it exits 0; returns what it printed on stdout. */
  ok(t: Test, args: readonly string[], where?: 'from' | 'to'): Promise<string>
}

/**
 * Make two pools that go away with the test.
 *
 * @param option of zpool create, for the pool of the target
 */
export const makeScene = async (
  t: Test,
  name: string,
  from: Side,
  to: Side,
  option?: string,
): Promise<Scene> => {
  const here = await hostPool(from, `${name}a`)
  t.teardown(() => here.close())
  const there = await hostPool(to, `${name}b`, option)
  t.teardown(() => there.close())
  // not t.testdir: that is the test's own
  const dir = mkdtempSync(join(tmpdir(), 'z3-autobackup-'))
  t.teardown(() => {
    rmSync(dir, { recursive: true })
  })
  writeFileSync(`${dir}/ssh_config`, sshConfig())
  const prepare = (
    args: readonly string[],
    where: 'from' | 'to' = 'from',
    env: Readonly<Record<string, string>> = {},
  ) => {
    const { bin } = (where === 'from' ? here : there).host
    const path = env['PATH'] ?? process.env['PATH'] ?? ''
    return [
      ['--ssh-config', `${dir}/ssh_config`, ...args],
      { env: { TZ: 'UTC', ...env, PATH: `${bin}:${path}` } },
    ] as const
  }
  const run: Scene['run'] = (...words) =>
    inOtherSeconds(() => runBinary('z3-autobackup', ...prepare(...words)))
  return {
    from: here,
    to: there,
    fromHost: from,
    toHost: to,
    run,
    start: (...words) => startBinary('z3-autobackup', ...prepare(...words)),
    ok: async (t, args, where) => {
      const { code, stdout, stderr } = await run(args, where)
      t.equal(code, 0, stderr)
      return String(stdout)
    },
  }
}

/** The hosts by the names `source` and `target`, and one that is not there. */
const sshConfig = (): string =>
  Object.entries(testHosts())
    .map(
      ([name, { address, key, knownHosts }]) => `Host ${name}
  HostName ${address}
  User root
  IdentityFile ${key}
  UserKnownHostsFile ${knownHosts}
`,
    )
    .join('') +
  `Host away
  HostName 127.0.0.1
  Port 1
`

/**
 * Datasets with a file each, selected and not yet backed up, and a target.
 *
 * @param below `/child` and so on
 */
export const makeBackup = async (
  { from, to }: Scene,
  backup: string,
  below: readonly string[] = [],
): Promise<{ dataset: string; path: string; copy: string }> => {
  const dataset = `${from.name}/${backup}`
  const path = `${to.name}/${backup}`
  await from.must('zfs create -o "autobackup:$B=true" "$D"', {
    D: dataset,
    B: backup,
  })
  for (const name of ['', ...below]) {
    if (name !== '') {
      await from.must('zfs create "$D"', { D: `${dataset}${name}` })
    }
    await write(from, `${dataset}${name}`, 'file')
  }
  // a copy that is read is not changed by that
  await to.must('zfs create -o atime=off "$D"', { D: path })
  return { dataset, path, copy: `${path}/${dataset}` }
}

/** Names of a dataset's snapshots behind the `@`, the oldest first. */
export const names = async (pool: HostPool, dataset: string): Promise<readonly string[]> =>
  (await pool.guids(dataset))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '')

/** `SNAPSHOT TAG` of all holds of a dataset's snapshots, the oldest first. */
export const holds = async (pool: HostPool, dataset: string): Promise<readonly string[]> => {
  const text = await pool.must(
    `zfs list -H -t snapshot -d 1 -o name -s createtxg "$DATASET" | tr '\\n' '\\0' | xargs -0r zfs holds -H`,
    { DATASET: dataset },
  )
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', tag = ''] = line.split('\t')
      return `${name.split('@')[1] ?? ''} ${tag}`
    })
}

/** Bookmarks of a dataset, what follows the `#`. */
export const bookmarks = async (pool: HostPool, dataset: string): Promise<readonly string[]> =>
  (
    await pool.must('zfs list -H -t bookmark -d 1 -o name "$DATASET"', {
      DATASET: dataset,
    })
  )
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('#')[1] ?? '')

/** All there is in a pool, but how much of it is used. */
export const state = (pool: HostPool): Promise<string> =>
  pool.must(
    `zfs list -Hp -r -t all -o name,guid,userrefs,createtxg,mounted "$POOL"
     zfs get -Hp -r -s local,received -o name,property,value,source,received all "$POOL"`,
  )

/** Write a file of so many bytes; `written` tells so when the pool has synced. */
export const write = (
  pool: HostPool,
  dataset: string,
  file: string,
  bytes = 100_000,
): Promise<string> =>
  pool.must(
    `"$RUN" sh -c 'head -c "$3" /dev/urandom > "$1/$2"' sh "/$DATASET" "$FILE" "$BYTES"
     zpool sync "$POOL"`,
    { DATASET: dataset, FILE: file, BYTES: String(bytes) },
  )

/** Checksums of all files of a dataset that is mounted where zfs puts it. */
export const sums = async (pool: HostPool, dataset: string): Promise<string> => {
  const text = await pool.must(
    `[ "$(zfs get -H -o value mounted "$DATASET")" = yes ] || zfs mount "$DATASET"
     "$RUN" sh -c 'cd "$1" && find . -type f | sort | while read -r f; do sha256sum "$f"; done' sh "/$DATASET"`,
    { DATASET: dataset },
  )
  if (!/[0-9a-f]{64}/.test(text)) throw new Error(`no file in ${dataset}`)
  return text
}

/** Lines of what was printed, without blanks around them. */
export const linesOf = (text: string | Buffer): readonly string[] =>
  String(text)
    .split('\n')
    .map((line) => line.trim())

/** A snapshot's name with its time replaced: `b1-*`. */
export const timeless = (text: string): string => text.replace(/-\d{14}\b/g, '-*')
