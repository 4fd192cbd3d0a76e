import { setTimeout as pause } from 'node:timers/promises'
import {
  randomBelow,
  runShell,
  type BinaryResult,
  type HostPool,
  type TestBucket,
} from '@z3/fixtures'
import type { Tally } from './tally.js'

/** Short enough that most snapshots go within a minute. */
const RETENTION = '3,5s30s,30s5min'

/** Datasets of each host. */
const DATASETS = ['a', 'b']

const PREFIX = 'z3-backup/'

/** Hosts that share a bucket and prefix. */
export interface Hosts {
  readonly bucket: TestBucket
  readonly tally: Tally
  /** Where each host has its home. */
  readonly home: string
  /** Keys that a run has reported as stored, and those that one has reported as deleted. */
  readonly stored: Set<string>
  readonly deleted: Set<string>
  /** Checksums of the files by `dataset@snapshot`. */
  readonly taken: Map<string, string>
}

/**
 * Run a program as on a machine of its own: host name, process ids, locks of root, home.
 *
 * @param bin where the `zfs` of the host is
 */
const onMachine = (
  { bucket, home }: Hosts,
  name: string,
  words: readonly string[],
  bin = '/nonexistent',
): Promise<BinaryResult> =>
  runShell(
    `mkdir -p /run/z3 "$HOME"
     PATH=$BIN:$PATH exec unshare --mount --uts --pid --fork --mount-proc bash -c '
       mount -t tmpfs -o mode=700 none /run/z3 && hostname "$0" && exec "$@"' \\
       "$NAME" ${words.map((word) => `'${word}'`).join(' ')}`,
    {
      env: {
        ...bucket.env,
        ...{ NAME: name, BIN: bin, HOME: `${home}/${name}`, SNAPSHOT_PREFIX: '' },
        ...{ COMPRESSOR: 'none', Z3_RETENTION: RETENTION, CONCURRENCY: '2' },
      },
    },
  )

/** Make the datasets that a host backs up. */
export const makeDatasets = async (pool: HostPool): Promise<void> => {
  for (const name of DATASETS) {
    await pool.must('zfs create -o autobackup:soak=true "$D"', { D: `${pool.name}/${name}` })
  }
}

/**
 * Back up what was written, by z3 or z3-autobackup, which thins, too; then destroy old snapshots of
 * the source.
 */
export const backUpOnce = async (
  hosts: Hosts,
  name: string,
  pool: HostPool,
  run: number,
  below: (bound: number) => number,
): Promise<void> => {
  const { tally } = hosts
  const datasets = DATASETS.map((one) => `${pool.name}/${one}`)
  const sums = new Map<string, string>()
  for (const dataset of datasets) {
    const text = await pool.must(
      `"$RUN" sh -c 'head -c "$4" /dev/urandom > "/$1/f$2"; rm -f "/$1/f$3"; cd "/$1" && sha256sum f*' sh "$D" "$N" "$OLD" "$SIZE"`,
      { D: dataset, N: String(run), OLD: String(run - 6), SIZE: String(1000 + below(200_000)) },
    )
    sums.set(dataset, text)
  }
  const isThinning = below(2) === 0
  const dataset = datasets[below(datasets.length)] ?? ''
  const snapshot = `${dataset}@s${String(run)}`
  if (!isThinning) {
    await pool.must('zfs snapshot "$S"', { S: snapshot })
    hosts.taken.set(snapshot, sums.get(dataset) ?? '')
  }
  const words = isThinning
    ? ['z3-autobackup', 'soak', `s3://${hosts.bucket.bucket}`]
    : ['z3', 'backup', dataset]
  const { code, stdout, stderr } = await onMachine(hosts, name, [...words, '--json'], pool.host.bin)
  tally.count(isThinning ? 'z3-autobackup' : 'z3 backup', String(code))
  const report = JSON.parse(String(stdout)) as Partial<{
    /** Of z3 backup: objects; of z3-autobackup: names. */
    snapshots: readonly (string | { readonly key: string })[]
    targets: readonly {
      readonly datasets: readonly {
        readonly received: readonly string[]
        readonly destroyed: readonly string[]
      }[]
    }[]
  }>
  for (const one of report.snapshots ?? []) {
    if (typeof one !== 'string') hosts.stored.add(one.key)
    else hosts.taken.set(one, sums.get(one.slice(0, one.indexOf('@'))) ?? '')
  }
  for (const one of (report.targets ?? []).flatMap(({ datasets: all }) => all)) {
    for (const key of one.received) hosts.stored.add(key)
    for (const key of one.destroyed) if (key.startsWith(PREFIX)) hosts.deleted.add(key)
  }
  const isTold = /another run prunes|was deleted or replaced while/.test(stderr)
  for (const [what, words] of [
    ['prune refused by a lease', /another run prunes/],
    ['backup waited for a lease', /waiting for z3 prune/],
    ['increment without its parent removed again', /was deleted or replaced while/],
  ] as const) {
    if (words.test(stderr)) tally.fault(what)
  }
  if (code !== 0 && !isTold) {
    tally.breach('failure without a fault', `${words.join(' ')}: ${String(code)} ${stderr}`)
  }
  for (const one of datasets) {
    await pool.must(
      'zfs list -H -t snapshot -d 1 -o name -s createtxg "$D" | head -n -3 | xargs -r -n 1 zfs destroy',
      { D: one },
    )
  }
}

/** Prune everything under the prefix. */
export const pruneOnce = async (hosts: Hosts, name: string): Promise<void> => {
  const { tally } = hosts
  const { code, stdout, stderr } = await onMachine(hosts, name, [
    ...['z3', 'prune', '--all', '--force', '--json'],
  ])
  // until something is stored
  if (code === 4) return
  tally.count('z3 prune', String(code))
  const { datasets = [] } = JSON.parse(String(stdout)) as {
    readonly datasets?: readonly {
      readonly delete?: readonly { readonly key: string; readonly result?: string }[]
    }[]
  }
  for (const { key, result } of datasets.flatMap(({ delete: gone = [] }) => gone)) {
    if (result === 'deleted') hosts.deleted.add(key)
  }
  if (/another run prunes/.test(stderr)) tally.fault('prune refused by a lease')
  else if (code !== 0) {
    tally.breach('failure without a fault', `z3 prune: ${String(code)} ${stderr}`)
  }
}

/** Restore all that is left, on the host that has backed it up, and look for what is lost. */
export const compareAll = async (
  hosts: Hosts,
  pools: ReadonlyMap<string, HostPool>,
): Promise<number> => {
  const { tally, bucket, stored, deleted, taken } = hosts
  const keys = new Set(
    (await bucket.keys()).filter((key) => /@[^/]*$/.test(key) && !key.includes('/.z3/')),
  )
  for (const key of stored) {
    if (!deleted.has(key) && !keys.has(key)) tally.breach('lost object', `${key} is gone`)
  }
  for (const key of await bucket.keys()) {
    if (key.endsWith('.lease')) tally.breach('orphan', `${key} is left`)
  }
  let restored = 0
  for (const [name, pool] of pools) {
    const into = `${pool.name}/back`
    for (const key of keys) {
      if (!key.startsWith(`${PREFIX}${pool.name}/`)) continue
      const snapshot = key.slice(PREFIX.length)
      const words = ['z3', 'restore', snapshot, '--into', into]
      const { code, stderr } = await onMachine(hosts, name, words, pool.host.bin)
      tally.count('z3 restore', String(code))
      if (code !== 0) {
        tally.breach('lost object', `z3 restore ${snapshot}: ${String(code)} ${stderr}`)
        continue
      }
      const text = await pool.must(
        `zfs mount "$D" 2> /dev/null || :
         "$RUN" sh -c 'cd "/$1" && sha256sum f* && cat f* | wc -c' sh "$D"
         zfs destroy -r "$D"`,
        { D: into },
      )
      const end = text.trimEnd().lastIndexOf('\n') + 1
      if (text.slice(0, end) !== taken.get(snapshot)) {
        tally.breach('false success', `${snapshot} is restored with other files`)
      }
      tally.compared += Number(text.slice(end))
      restored += 1
    }
  }
  return restored
}

/** Call an action again and again until the time is over, or it has run often enough. */
export const repeat = async (
  isOver: (runs: number) => boolean,
  action: (run: number) => Promise<void>,
): Promise<void> => {
  for (let run = 0; !isOver(run); run += 1) {
    await action(run)
    await pause(100)
  }
}

export const seededBelow = (seed: number, name: string): ((bound: number) => number) =>
  randomBelow(seed + Buffer.from(name).reduce((sum, byte) => sum * 31 + byte, 0))
