import {
  checkDatasetName,
  formatSnapshotName,
  parseSnapshotName,
  type Bookmark,
  type LocalSnapshot,
} from '@z3/core'
import { withOptions } from '../capabilities.js'
import type { Run } from '../run.js'
import { askDatasets, columns, ifThere, lines, unexpected, type Row } from './ask.js'
import { getSnapshotRows, withoutBookmarks } from './old-zfs.js'

/** A snapshot, and what thinning wants to know of it. */
export interface SnapshotFacts extends LocalSnapshot {
  /**
   * Bytes written between the snapshot before and this one; Infinity where zfs
   * does not tell.
   */
  readonly written: number
  /** How many holds it has; Infinity where zfs does not tell. */
  readonly userrefs: number
  /** Whether a dataset is a clone of it; undefined where zfs does not tell. */
  readonly hasClones?: boolean | undefined
}

/** A snapshot, and what holds it. */
export interface Hold {
  readonly snapshot: Pick<LocalSnapshot, 'dataset' | 'snapshot'>
  readonly tag: string
}

const SNAPSHOT = ['guid', 'creation', 'referenced', 'createtxg'] as const
const FACTS = [...SNAPSHOT, 'written', 'userrefs', 'clones'] as const
const BOOKMARK = ['guid', 'creation', 'createtxg'] as const

/**
 * The one reader: all snapshots, or bookmarks, of datasets, without those of
 * their children, with these properties.
 */
async function readRows(
  run: Run,
  type: 'snapshot' | 'bookmark',
  properties: readonly string[],
  datasets: readonly string[],
): Promise<readonly Row[]> {
  const text = await run([
    ...['list', '-Hp', '-t', type, '-d', '1', '-o', ['name', ...properties].join()],
    // not by name, which zfs would do, and which takes it longer; what has no
    // createtxg is no answer that has an order
    ...(properties.includes('createtxg') ? ['-s', 'createtxg'] : []),
    ...datasets,
  ])
  return lines(text).map((line) => {
    const [name = '', ...values] = columns(line, 1 + properties.length)
    return { name, values: Object.fromEntries(properties.map((p, i) => [p, values[i]])), line }
  })
}

/**
 * The snapshots of a dataset, oldest first, without those of its children. The
 * order is that of the transaction groups they were made in: creation has a
 * resolution of one second.
 *
 * @throws Z3Error `no-such-dataset`; `invalid-name`; `zfs-failed` on output
 *   that is not zfs's
 */
export async function listSnapshots(run: Run, dataset: string): Promise<readonly LocalSnapshot[]> {
  checkDatasetName(dataset)
  const rows = await withOptions(
    run,
    'list',
    'p',
    () => readRows(run, 'snapshot', SNAPSHOT, [dataset]),
    () => getSnapshotRows(run, dataset, SNAPSHOT),
  )
  return byTxg(
    rows.map((row) => {
      const snapshot = toSnapshot(row)
      if (snapshot.dataset !== dataset) throw unexpected(row.line)
      return snapshot
    }),
  )
}

/**
 * The snapshots of many datasets, without those of their children, the oldest
 * first: in one command for about a thousand. A dataset that is not there is
 * not in the answer; one without snapshots has an empty list.
 *
 * @throws Z3Error `invalid-name`; `zfs-failed`, also on output that is not zfs's
 */
export async function listSnapshotsOf(
  run: Run,
  datasets: readonly string[],
): Promise<ReadonlyMap<string, readonly SnapshotFacts[]>> {
  datasets.forEach(checkDatasetName)
  const read = (some: readonly string[]) => readRows(run, 'snapshot', FACTS, some)
  const all = await withOptions(
    run,
    'list',
    'p',
    () => groupByDataset(datasets, read, toFacts),
    async () => {
      // there is no exact listing of several at once
      const found = new Map<string, readonly SnapshotFacts[]>()
      for (const dataset of datasets) {
        const snapshots = await ifThere(listSnapshots(run, dataset))
        const unknown = { written: Infinity, userrefs: Infinity }
        if (snapshots)
          found.set(
            dataset,
            snapshots.map((one) => ({ ...one, ...unknown })),
          )
      }
      return found
    },
  )
  return new Map(Array.from(all, ([dataset, snapshots]) => [dataset, byTxg(snapshots)]))
}

/**
 * The snapshots of a dataset that have a hold, the oldest first; all of them
 * where this zfs does not tell. It asks for no more than `z3-ssh-sync serve`
 * tells.
 *
 * @throws Z3Error `no-such-dataset`, `invalid-name`; `zfs-failed` on output that
 *   is not zfs's
 */
export async function listHeld(run: Run, dataset: string): Promise<readonly LocalSnapshot[]> {
  const snapshots = await listSnapshots(run, dataset)
  const rows = await withOptions<readonly Row[] | undefined>(
    run,
    'list',
    'p',
    () => readRows(run, 'snapshot', ['userrefs'], [dataset]),
    () => Promise.resolve(undefined),
  )
  if (rows === undefined) return snapshots
  const held = new Set(rows.flatMap((row) => (digits(row, 'userrefs') === '0' ? [] : [row.name])))
  return snapshots.filter((one) => held.has(formatSnapshotName(one)))
}

/**
 * What holds these snapshots. Snapshots that do not exist (any more) are left
 * out: a dataset changes while it is looked at, and zfs fails for all when it
 * fails for one.
 *
 * @throws Z3Error `zfs-failed`
 */
export async function listHolds(
  run: Run,
  snapshots: readonly Hold['snapshot'][],
): Promise<readonly Hold[]> {
  return await askDatasets(snapshots.map(formatSnapshotName), async (some) => {
    const text = await run(['holds', '-H', ...some])
    return lines(text).map((line) => {
      const [name = '', tag = ''] = columns(line, 3)
      return { snapshot: snapshotName(name, line), tag }
    })
  })
}

/**
 * The bookmarks of one dataset, in the order of what they were made of; none
 * where this zfs has no bookmarks.
 *
 * @throws Z3Error `no-such-dataset`, `invalid-name`; `zfs-failed` on output that
 *   is not zfs's
 */
export async function listBookmarks(run: Run, dataset: string): Promise<readonly Bookmark[]> {
  checkDatasetName(dataset)
  return (await readBookmarks(run, [dataset])).map((row) => {
    const bookmark = toBookmark(row)
    if (bookmark.dataset !== dataset) throw unexpected(row.line)
    return bookmark
  })
}

/**
 * The same of many datasets, by dataset. A dataset that is not there is not in
 * the answer.
 *
 * @throws Z3Error `invalid-name`; `zfs-failed` on output that is not zfs's
 */
export async function listBookmarksOf(
  run: Run,
  datasets: readonly string[],
): Promise<ReadonlyMap<string, readonly Bookmark[]>> {
  datasets.forEach(checkDatasetName)
  return await groupByDataset(datasets, (some) => readBookmarks(run, some), toBookmark)
}

function readBookmarks(run: Run, datasets: readonly string[]): Promise<readonly Row[]> {
  return withoutBookmarks(run, () => readRows(run, 'bookmark', BOOKMARK, datasets))
}

/** What is found of each dataset that is there. */
async function groupByDataset<T extends { readonly dataset: string }>(
  datasets: readonly string[],
  read: (some: readonly string[]) => Promise<readonly Row[]>,
  parse: (row: Row) => T,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const found = new Map<string, T[]>()
  await askDatasets(datasets, async (some) => {
    const rows = await read(some)
    for (const dataset of some) found.set(dataset, [])
    for (const row of rows) {
      const one = parse(row)
      const list = found.get(one.dataset)
      if (list === undefined) throw unexpected(row.line)
      list.push(one)
    }
    return []
  })
  return found
}

function toSnapshot(row: Row): LocalSnapshot {
  return {
    ...snapshotName(row.name, row.line),
    guid: digits(row, 'guid'),
    created: Number(digits(row, 'creation')),
    createtxg: digits(row, 'createtxg'),
    referenced: Number(digits(row, 'referenced')),
  }
}

function toFacts(row: Row): SnapshotFacts {
  // names with commas between, or nothing. `%recv` below a dataset is where `zfs
  // receive -s` keeps what it has got so far (dmu_recv.c), and goes when that is
  // aborted
  const clones = (row.values['clones'] ?? '').split(',')
  return {
    ...toSnapshot(row),
    written: Number(digits(row, 'written')),
    userrefs: Number(digits(row, 'userrefs')),
    hasClones: clones.some((name) => name !== '' && name !== '-' && !name.endsWith('/%recv')),
  }
}

function toBookmark(row: Row): Bookmark {
  const [dataset = '', bookmark = '', ...more] = row.name.split('#')
  if (bookmark === '' || more.length > 0) throw unexpected(row.line)
  return {
    dataset,
    bookmark,
    guid: digits(row, 'guid'),
    created: Number(digits(row, 'creation')),
    createtxg: digits(row, 'createtxg'),
  }
}

function snapshotName(name: string, line: string): Hold['snapshot'] {
  try {
    return parseSnapshotName(name)
  } catch (cause) {
    throw unexpected(line, cause)
  }
}

function digits({ values, line }: Row, property: string): string {
  const value = values[property]
  if (value === undefined || !/^\d+$/.test(value)) throw unexpected(line)
  return value
}

function byTxg<T extends { readonly createtxg: string }>(all: readonly T[]): readonly T[] {
  const keyed = all.map((one) => ({ one, txg: BigInt(one.createtxg) }))
  keyed.sort((a, b) => (a.txg < b.txg ? -1 : a.txg > b.txg ? 1 : 0))
  return keyed.map(({ one }) => one)
}
