import {
  checkDatasetName,
  parseSnapshotName,
  type LocalSnapshot,
  type SnapshotName,
} from '@z3/core'
import { askDatasets } from './ask-datasets.js'
import { withOptions } from './capabilities.js'
import { ifThere } from './if-there.js'
import { listSnapshots } from './list-snapshots.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'

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

const COLUMNS = [
  'name',
  'guid',
  'creation',
  'referenced',
  'createtxg',
  'written',
  'userrefs',
  'clones',
] as const

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
  for (const dataset of datasets) checkDatasetName(dataset)
  return withOptions(
    run,
    'list',
    'p',
    () => ofAll(run, datasets),
    () => ofEach(run, datasets),
  )
}

async function ofAll(
  run: Run,
  datasets: readonly string[],
): Promise<ReadonlyMap<string, readonly SnapshotFacts[]>> {
  const answers = await askDatasets(datasets, async (some) => {
    const text = await run([
      'list',
      '-Hp',
      '-t',
      'snapshot',
      '-d',
      '1',
      '-o',
      COLUMNS.join(),
      '-s',
      'createtxg',
      ...some,
    ])
    return [{ datasets: some, found: lines(text).map(parse) }]
  })
  const all = new Map<string, SnapshotFacts[]>()
  for (const { datasets: asked, found } of answers) {
    for (const dataset of asked) all.set(dataset, [])
    for (const { line, snapshot } of found) {
      const list = all.get(snapshot.dataset)
      if (list === undefined) throw unexpected(line)
      list.push(snapshot)
    }
  }
  for (const list of all.values()) list.sort(byTxg)
  return all
}

function byTxg(a: SnapshotFacts, b: SnapshotFacts): number {
  const [one, other] = [BigInt(a.createtxg), BigInt(b.createtxg)]
  return one < other ? -1 : one > other ? 1 : 0
}

function parse(line: string): {
  readonly line: string
  readonly snapshot: SnapshotFacts
} {
  const [name = '', ...all] = columns(line, COLUMNS.length)
  const values = all.slice(0, -1)
  const clones = all.at(-1) ?? ''
  if (!values.every((value) => /^\d+$/.test(value))) throw unexpected(line)
  const [guid = '', created, referenced, createtxg = '', written, userrefs] = values
  const snapshot = {
    ...nameOf(name, line),
    guid,
    created: Number(created),
    createtxg,
    referenced: Number(referenced),
    written: Number(written),
    userrefs: Number(userrefs),
    hasClones: hasClones(clones),
  }
  return { line, snapshot }
}

/**
 * @param clones names with commas between, or nothing. `%recv` below a dataset
 *   is where `zfs receive -s` keeps what it has got so far (dmu_recv.c), and
 *   goes when that is aborted
 */
function hasClones(clones: string): boolean {
  return clones.split(',').some((name) => name !== '' && name !== '-' && !name.endsWith('/%recv'))
}

function nameOf(name: string, line: string): SnapshotName {
  try {
    return parseSnapshotName(name)
  } catch (cause) {
    throw unexpected(line, cause)
  }
}

/** Without `list -p` there is no exact listing of several at once. */
async function ofEach(
  run: Run,
  datasets: readonly string[],
): Promise<ReadonlyMap<string, readonly SnapshotFacts[]>> {
  const all = new Map<string, readonly SnapshotFacts[]>()
  for (const dataset of datasets) {
    const snapshots = await ifThere(listSnapshots(run, dataset))
    if (!snapshots) continue
    all.set(
      dataset,
      snapshots.map((snapshot) => ({
        ...snapshot,
        written: Infinity,
        userrefs: Infinity,
      })),
    )
  }
  return all
}
