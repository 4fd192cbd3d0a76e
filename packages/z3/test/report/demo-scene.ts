import { mkdir, writeFile } from 'node:fs/promises'
import type { BinaryResult } from '@z3/fixtures'
import { z3On } from '../setup.js'
import { writeObjects, type FileObject } from './file-bucket.js'

const DAY = 86_400
const GIB = 2 ** 30

/** A snapshot of the demo, stored or only on this host. */
interface Taken {
  readonly dataset: string
  readonly name: string
  readonly guid: string
  /** Epoch seconds. */
  readonly created: number
  /** Undefined: it is not stored. */
  readonly object?: FileObject
}

/** How a dataset is backed up. */
interface Habit {
  readonly dataset: string
  readonly days: number
  /** Snapshots a day. */
  readonly daily: number
  /** Between two full backups, snapshots. */
  readonly cycle: number
  /** Of a full backup, bytes; an increment is a few hundredths of it. */
  readonly size: number
  /** Of the newest snapshots, not stored. */
  readonly missing?: number
  /** Days without a backup at the end. */
  readonly stopped?: number
  /** Each of so many increments builds on the full backup, the others on the one before. */
  readonly branch?: number
  /** The snapshot that is lost: an object that others build on. */
  readonly lost?: number
}

const HABITS: readonly Habit[] = [
  { dataset: 'tank/data', days: 84, daily: 1, cycle: 28, branch: 7, size: 96 * GIB },
  { dataset: 'tank/home', days: 60, daily: 1, cycle: 20, size: 31 * GIB, lost: 45, stopped: 2 },
  { dataset: 'tank/vm/mail', days: 14, daily: 4, cycle: 28, size: 12 * GIB, missing: 2 },
]

/**
 * A directory with the backups of a few machines, a host with some of the datasets, and `z3 report`
 * on them. Sizes and times do not depend on chance, but on `now`.
 *
 * @param home an empty directory
 * @param now epoch seconds
 */
export const openDemo = async (home: string, now: number) => {
  const taken = HABITS.flatMap((habit) => takeAll(habit, now))
  await writeObjects(
    `${home}/backups`,
    taken.flatMap(({ object }) => object ?? []),
  )
  await writeObjects(`${home}/backups`, verifiedOf(taken, now))
  await writeZfs(`${home}/bin`, taken)
  const env = {
    BUCKET: `file://${home}/backups`,
    PATH: `${home}/bin:/usr/bin:/bin`,
    Z3_RETENTION: '14,1d1m,1w1y',
    Z3_MANIFEST: 'yes',
  }
  const z3 = z3On({ env }, home)
  return (...args: readonly string[]): Promise<BinaryResult> =>
    z3(['report', ...args], { Z3_MANIFEST: 'yes' })
}

const takeAll = (
  {
    dataset,
    days,
    daily,
    cycle,
    size,
    missing = 0,
    stopped = 0,
    lost = -1,
    branch = Infinity,
  }: Habit,
  now: number,
): readonly Taken[] => {
  const count = days * daily
  const nameOf = (i: number) =>
    `auto-${new Date(timeOf(i) * 1000).toISOString().slice(0, 16).replace(':', '')}`
  const timeOf = (i: number) =>
    Math.floor(now) - stopped * DAY - ((count - 1 - i) * DAY) / daily - 9000
  return Array.from({ length: count }, (_, i) => i)
    .filter((i) => i !== lost)
    .map((i): Taken => {
      const isFull = i % cycle === 0
      const [name, created, guid] = [nameOf(i), timeOf(i), String(1000 + i)]
      const one = { dataset, name, created, guid }
      if (i >= count - missing) return one
      const base = (i % cycle) % branch === 0 ? i - (i % cycle) : i - 1
      const parent = { parent: `${dataset}@${nameOf(base)}`, 'parent-guid': String(1000 + base) }
      const metadata = {
        ...(isFull ? { isfull: 'true' } : parent),
        ...{ guid, created: String(created) },
      }
      const share = isFull ? 1 + i / count / 4 : 0.01 + ((i * 7) % 11) / 300
      const bytes = Math.round(size * share)
      const key = `z3-backup/${dataset}@${name}`
      return { ...one, object: { key, bytes, uploaded: created + 900, metadata } }
    })
}

/** Records of verifications: of every object but the newest ones. */
const verifiedOf = (taken: readonly Taken[], now: number): readonly FileObject[] =>
  taken.flatMap(({ dataset, name, object }, i) => {
    if (!object || object.uploaded > now - 3 * DAY) return []
    const level = i % 3 === 0 ? 'stream' : 'data'
    const key = `z3-backup/.z3/${dataset}@${name}.verified-${level}`
    const uploaded = Math.max(object.uploaded + 3600, Math.floor(now) - ((i % 20) + 1) * DAY)
    return { key, bytes: 2, uploaded, metadata: {} }
  })

/** A zfs with the newest snapshots of two of the datasets, and some that have no backup. */
const writeZfs = async (directory: string, taken: readonly Taken[]): Promise<void> => {
  const here = ['tank/data', 'tank/home', 'tank/vm/mail']
  const all = ['tank', ...here, 'tank/scratch']
  const facts = all.flatMap((name) => [
    `${name}\ttype\tfilesystem\t-`,
    `${name}\twritten\t0\t-`,
    `${name}\tcreatetxg\t1\t-`,
  ])
  const snapshots = taken.map(({ dataset, name, guid, created }, i) =>
    [`${dataset}@${name}`, guid, created, 1000, 100 + i, 0, 0, '-'].join('\t'),
  )
  await mkdir(directory, { recursive: true })
  await writeFile(`${directory}/facts`, `${facts.join('\n')}\n`)
  await writeFile(`${directory}/snapshots`, `${snapshots.join('\n')}\n`)
  const script = `#!/bin/sh
case "$1" in
get) cat '${directory}/facts' ;;
list) for name; do grep "^$name@" '${directory}/snapshots'; done; true ;;
*) exit 1 ;;
esac
`
  await writeFile(`${directory}/zfs`, script, { mode: 0o755 })
}
