import { loadStored } from '@z3/backup'
import { randomBelow } from '@z3/fixtures'
import {
  chainOf,
  checkHealth,
  formatSnapshotName,
  storedByName,
  type StoredSnapshot,
} from '@z3/core'
import { openStore, type ObjectStore } from '@z3/s3'
import type { OwnHost } from './own-host.js'
import type { OwnServer } from './own-server.js'
import { keptByDefault } from './rules.js'

const HOUR = 3600
const PREFIX = 'z3-backup/'

export interface BucketDays {
  readonly days: number
  /** Names of the datasets. */
  readonly names: readonly string[]
  /** Snapshots that RETENTION keeps whatever their age; after them 1d1w,1w1m,1m1y. */
  readonly last: number
  /** Days after which every stored snapshot is restored. */
  readonly checks: number
  readonly seed: number
}

/** What the days were like, of all datasets together. */
export interface BucketFigures {
  runs: number
  uploaded: number
  deleted: number
  destroyedAtSource: number
  restored: number
  readonly restoredAfterDay: readonly number[]
  readonly longestChain: { retention: number; linear: number }
  /** Bytes of the objects at the end, and of the objects of a chain in which nothing can be deleted. */
  readonly bytes: { retention: number; linear: number }
  readonly left: { bucket: number; source: number; bookmarks: number }
  /** What no rule allows, in words. */
  readonly violations: string[]
}

/** A snapshot as it was at the source. */
interface Original {
  readonly guid: string
  /** Checksums of its files. */
  readonly sums: string
}

/**
 * Live through days with four runs each of `z3-autobackup NAME s3://BUCKET` with RETENTION: the
 * clocks of the source, of the programs and of the server are set before each run; after each, what
 * is stored is compared with the rules; after some days every stored snapshot is restored.
 *
 * @param tell gets the figures after each day
 */
export const simulateBucket = async (
  host: OwnHost,
  server: OwnServer,
  { days, names, last, checks, seed }: BucketDays,
  tell: (line: string) => void,
): Promise<BucketFigures> => {
  const below = randomBelow(seed)
  const checked = new Set([days - 1])
  while (checked.size < Math.min(checks, days)) checked.add(below(days))
  const figures: BucketFigures = {
    ...{ runs: 0, uploaded: 0, deleted: 0, destroyedAtSource: 0, restored: 0 },
    restoredAfterDay: [...checked].sort((a, b) => a - b),
    longestChain: { retention: 0, linear: 0 },
    bytes: { retention: 0, linear: 0 },
    left: { bucket: 0, source: 0, bookmarks: 0 },
    violations: [],
  }
  const { bucket } = server
  const pool = `${host.prefix}bdays${String(process.pid)}`
  const begin = Date.UTC(2026, 2, 1) / 1000
  const setClock = async (now: number): Promise<void> => {
    server.setAhead(await host.setClock(now))
  }
  await setClock(begin)
  const [vdev = ''] = host.vdevs
  await host.must(
    `zpool create "$P" "$V"; zfs create -o autobackup:days=child "$P/data"
     for name in ${names.join(' ')}; do zfs create "$P/data/$name"; done`,
    { P: pool, V: vdev },
  )
  const env = {
    ...bucket.env,
    // sizes are those of the streams; a run starts fewer programs
    ...{ SNAPSHOT_PREFIX: '', COMPRESSOR: 'none', VERIFY_STREAM: 'no' },
    Z3_RETENTION: `${String(last)},1d1w,1w1m,1m1y`,
  }
  const store = await openStore(
    { kind: 's3', bucket: bucket.bucket },
    {
      endpoint: bucket.endpoint,
      credentials: {
        accessKeyId: bucket.env['S3_KEY_ID'] ?? '',
        secretAccessKey: bucket.env['S3_SECRET'] ?? '',
      },
      ...{ connections: 8, attempts: 3 },
    },
  )
  const originals = new Map<string, Original>()
  const before = new Map<string, readonly StoredSnapshot[]>()
  try {
    for (let run = 0; run < days * 4; run += 1) {
      await host.must(
        `"$RUN" sh -c 'for n in ${names.join(' ')}; do head -c 20000 /dev/urandom > "/$1/$n/f$2"; rm -f "/$1/$n/f$3"; done' sh "$P/data" "$N" "$OLD"
         zpool sync "$P"`,
        { P: pool, N: String(run), OLD: String(run - 8) },
      )
      // never on the same second of two days: ages do not meet a limit
      const now = begin + run * 6 * HOUR + 60 + ((run * 7919) % (HOUR / 2))
      await setClock(now)
      const args = ['days', `s3://${bucket.bucket}`, '--keep-source', '4,1d3d', '--json']
      const { code, stdout, stderr } = await host.toolkit('z3-autobackup', args, env)
      if (code !== 0) throw new Error(`run ${String(run)}: ${stderr}`)
      const say = (problem: string): void => {
        const time = new Date(now * 1000).toISOString()
        figures.violations.push(`run ${String(run)}, ${time}: ${problem}`)
      }
      const other = stderr.split('\n').find((line) => !/^$|NOTE: .*: a full backup$/.test(line))
      if (other !== undefined) say(`said: ${other}`)
      const { targets } = JSON.parse(String(stdout)) as Report
      for (const { received, destroyed } of targets.flatMap(({ datasets }) => datasets)) {
        const gone = destroyed.filter((name) => name.startsWith(PREFIX)).length
        figures.uploaded += received.length
        figures.deleted += gone
        figures.destroyedAtSource += destroyed.length - gone
      }
      figures.runs += 1
      for (const name of names) {
        const dataset = `${pool}/data/${name}`
        const stored = await look(store, dataset)
        const taken = await source(host, dataset)
        originals.set(taken.snapshot, taken)
        figures.bytes.linear += taken.bytes
        for (const problem of judge(before.get(name) ?? [], stored, { now, last, taken })) {
          say(`${dataset}: ${problem}`)
        }
        before.set(name, stored)
        const byName = storedByName(stored)
        const longest = Math.max(...stored.map((one) => chainOf(one, byName).length))
        figures.longestChain.retention = Math.max(figures.longestChain.retention, longest)
        if (run % 4 !== 3 || !checked.has(Math.floor(run / 4))) continue
        for (const object of stored) {
          const problem = await restore(host, object, `${pool}/back`, env, originals)
          if (problem !== undefined) say(problem)
          figures.restored += 1
        }
      }
      if (run % 4 === 3)
        tell(`after day ${String(Math.floor(run / 4))}: ${JSON.stringify(figures)}`)
    }
    figures.longestChain.linear = days * 4
    for (const stored of before.values()) {
      figures.left.bucket += stored.length
      figures.bytes.retention += stored.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
    }
    const count = async (type: string): Promise<number> =>
      Number(await host.must(`zfs list -H -t ${type} -o name -r "$P" | wc -l`, { P: pool }))
    figures.left.source = await count('snapshot')
    figures.left.bookmarks = await count('bookmark')
  } finally {
    store.close()
  }
  return figures
}

interface Report {
  readonly targets: readonly {
    readonly datasets: readonly {
      readonly received: readonly string[]
      readonly destroyed: readonly string[]
    }[]
  }[]
}

const look = async (store: ObjectStore, dataset: string): Promise<readonly StoredSnapshot[]> => {
  const place = { store, prefix: PREFIX, dataset }
  const { signal } = new AbortController()
  return (await loadStored(place, {}, signal, () => undefined)).snapshots
}

/** The newest snapshot of a dataset, and the bytes of its stream in a linear chain. */
const source = async (
  host: OwnHost,
  dataset: string,
): Promise<Original & { readonly snapshot: string; readonly bytes: number }> => {
  const text = await host.must(
    `list=$(zfs list -Hp -t snapshot -d 1 -s createtxg -o name,guid "$D" | tail -n 2)
     last=\${list##*$'\\n'}; snapshot=\${last%%$'\\t'*} parent=\${list%%$'\\t'*}
     echo "$snapshot"; echo "\${last#*$'\\t'}"
     if [ "$parent" = "$snapshot" ]; then zfs send "$snapshot"; else zfs send -i "$parent" "$snapshot"; fi | wc -c
     "$RUN" sh -c 'cd "/$1" && sha256sum f*' sh "$D"`,
    { D: dataset },
  )
  const [snapshot = '', guid = '', bytes = '', ...sums] = text.split('\n')
  return { snapshot, guid, bytes: Number(bytes), sums: sums.join('\n') }
}

/** What is wrong with what is stored of a dataset after a run, in words. */
const judge = (
  before: readonly StoredSnapshot[],
  after: readonly StoredSnapshot[],
  of: {
    readonly now: number
    readonly last: number
    readonly taken: { snapshot: string; guid: string }
  },
): string[] => {
  const problems: string[] = []
  for (const [name, state] of checkHealth(after)) {
    if (state !== 'ok') problems.push(`${name} is ${state}`)
  }
  const byName = storedByName(after)
  if (byName.get(of.taken.snapshot)?.guid !== of.taken.guid) {
    problems.push(`${of.taken.snapshot} is not stored`)
  }
  const known = new Set(before.map(({ key }) => key))
  const all = [...before, ...after.filter(({ key }) => !known.has(key))]
    .map((one) => ({
      name: formatSnapshotName(one),
      guid: one.guid ?? '',
      created: one.created ?? 0,
    }))
    .sort((a, b) => a.created - b.created)
  const kept = keptByDefault(all, of.now, of.last)
  const needed = new Set<string>()
  for (const { name, guid } of all) {
    if (!kept.has(guid)) continue
    const object = byName.get(name)
    if (!object) problems.push(`${name} is gone against the rules`)
    else for (const one of chainOf(object, byName)) needed.add(formatSnapshotName(one))
  }
  for (const name of byName.keys()) {
    if (!needed.has(name)) problems.push(`${name} is stored against the rules`)
  }
  return problems
}

/** @returns what is wrong with the restored snapshot, if anything is */
const restore = async (
  host: OwnHost,
  object: StoredSnapshot,
  into: string,
  env: Readonly<Record<string, string>>,
  originals: ReadonlyMap<string, Original>,
): Promise<string | undefined> => {
  const name = formatSnapshotName(object)
  const { code, stderr } = await host.toolkit('z3', ['restore', name, '--into', into], env)
  if (code !== 0) return `z3 restore ${name}: exit ${String(code)}: ${stderr}`
  const text = await host.must(
    `zfs mount "$D" 2> /dev/null || :
     zfs get -Hp -o value guid "$D@$S"
     "$RUN" sh -c 'cd "/$1" && sha256sum f*' sh "$D"
     zfs destroy -r "$D"`,
    { D: into, S: object.snapshot },
  )
  const original = originals.get(name)
  const [guid, ...sums] = text.split('\n')
  if (guid !== original?.guid) return `${name} is restored with another guid`
  return sums.join('\n') === original?.sums ? undefined : `${name} is restored with other files`
}
