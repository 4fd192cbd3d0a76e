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

/** A snapshot with the facts that thinning needs. */
export interface SnapshotFacts extends LocalSnapshot {
  /** Bytes written between the previous snapshot and this one; Infinity if unknown. */
  readonly written: number
  /** Number of holds; Infinity if unknown. */
  readonly userrefs: number
  /** Whether the snapshot has a clone; undefined if unknown. */
  readonly hasClones?: boolean | undefined
}

/** A hold of a snapshot. */
export interface Hold {
  readonly snapshot: Pick<LocalSnapshot, 'dataset' | 'snapshot'>
  readonly tag: string
}

const SNAPSHOT = ['guid', 'creation', 'referenced', 'createtxg'] as const
const FACTS = [...SNAPSHOT, 'written', 'userrefs', 'clones'] as const
const BOOKMARK = ['guid', 'creation', 'createtxg'] as const

/** Reads all snapshots or bookmarks of datasets, without children, with these properties. */
async function readRows(
  run: Run,
  type: 'snapshot' | 'bookmark',
  properties: readonly string[],
  datasets: readonly string[],
): Promise<readonly Row[]> {
  const text = await run([
    ...['list', '-Hp', '-t', type, '-d', '1', '-o', ['name', ...properties].join()],
    // sorting by name, the default, is slower; without createtxg there is no valid order
    ...(properties.includes('createtxg') ? ['-s', 'createtxg'] : []),
    ...datasets,
  ])
  return lines(text).map((line) => {
    const [name = '', ...values] = columns(line, 1 + properties.length)
    return { name, values: Object.fromEntries(properties.map((p, i) => [p, values[i]])), line }
  })
}

/**
 * The snapshots of a dataset, oldest first, without children. Sorted by transaction group, since
 * creation has a resolution of one second.
 *
 * @throws Z3Error `no-such-dataset`; `invalid-name`; `zfs-failed` for unparsable output
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
 * The snapshots of many datasets, without children, oldest first, with one command per thousand. A
 * nonexistent dataset has no entry; one without snapshots has an empty list.
 *
 * @throws Z3Error `invalid-name`; `zfs-failed`, also for unparsable output
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
      // this zfs cannot list several datasets without rounding
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
 * The held snapshots of a dataset, oldest first; all snapshots if this zfs does not report holds.
 * Queries only what `z3-ssh-sync serve` permits.
 *
 * @throws Z3Error `no-such-dataset`, `invalid-name`; `zfs-failed` for unparsable output
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
 * The holds of snapshots. Snapshots that no longer exist are omitted, since zfs fails for all if it
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
 * The bookmarks of a dataset, in the order of their snapshots; none if this zfs has no bookmarks.
 *
 * @throws Z3Error `no-such-dataset`, `invalid-name`; `zfs-failed` for unparsable output
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
 * The bookmarks of many datasets, by dataset. A nonexistent dataset has no entry.
 *
 * @throws Z3Error `invalid-name`; `zfs-failed` for unparsable output
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

/** Groups rows by dataset. */
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
  // comma-separated names, or nothing. `%recv` below a dataset contains what `zfs receive -s` has
  // received so far (dmu_recv.c); it disappears when that is aborted
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
