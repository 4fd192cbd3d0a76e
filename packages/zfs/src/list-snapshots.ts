import {
  checkDatasetName,
  parseSnapshotName,
  type LocalSnapshot,
  type SnapshotName,
} from '@z3/core'
import { withOptions } from './capabilities.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'

/** Beside the name. */
const PROPERTIES = ['guid', 'creation', 'referenced', 'createtxg'] as const

/** What zfs says of a snapshot, and the line it said it in. */
interface Row {
  readonly name: string
  readonly values: Readonly<Partial<Record<string, string>>>
  readonly line: string
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
    () => exactRows(run, dataset),
    () => rowsOfOldZfs(run, dataset),
  )
  return rows
    .map((row) => {
      const snapshot = toSnapshot(row, dataset)
      return { txg: BigInt(snapshot.createtxg), snapshot }
    })
    .sort((a, b) => (a.txg < b.txg ? -1 : a.txg > b.txg ? 1 : 0))
    .map(({ snapshot }) => snapshot)
}

async function exactRows(run: Run, dataset: string): Promise<readonly Row[]> {
  const text = await run([
    'list',
    '-Hp',
    '-t',
    'snapshot',
    '-d',
    '1',
    '-o',
    ['name', ...PROPERTIES].join(),
    // not by name, which zfs would do, and which takes it longer
    '-s',
    'createtxg',
    dataset,
  ])
  return lines(text).map((line) => {
    const [name = '', ...values] = columns(line, 1 + PROPERTIES.length)
    return {
      name,
      values: Object.fromEntries(PROPERTIES.map((p, i) => [p, values[i]])),
      line,
    }
  })
}

/**
 * Without `list -p`, `list` rounds a guid to 8.61E. `get -p` does not, but
 * lists the dataset and its children too, a line for each property.
 */
async function rowsOfOldZfs(run: Run, dataset: string): Promise<readonly Row[]> {
  const text = await run([
    'get',
    '-Hp',
    '-r',
    '-d',
    '1',
    '-o',
    'name,property,value',
    PROPERTIES.join(),
    dataset,
  ])
  const rows = new Map<string, { values: Record<string, string>; line: string }>()
  for (const line of lines(text)) {
    const [name = '', property = '', value = ''] = columns(line, 3)
    if (!name.includes('@')) continue
    const row = rows.get(name) ?? { values: {}, line }
    if (property in row.values) throw unexpected(line)
    row.values[property] = value
    rows.set(name, row)
  }
  return Array.from(rows, ([name, row]) => ({ name, ...row }))
}

function toSnapshot(row: Row, dataset: string): LocalSnapshot {
  return {
    ...nameOf(row, dataset),
    guid: digits(row, 'guid'),
    created: Number(digits(row, 'creation')),
    createtxg: digits(row, 'createtxg'),
    referenced: Number(digits(row, 'referenced')),
  }
}

function nameOf({ name, line }: Row, dataset: string): SnapshotName {
  try {
    const parsed = parseSnapshotName(name)
    if (parsed.dataset === dataset) return parsed
  } catch (cause) {
    throw unexpected(line, cause)
  }
  throw unexpected(line)
}

function digits({ values, line }: Row, property: (typeof PROPERTIES)[number]): string {
  const value = values[property]
  if (value === undefined || !/^\d+$/.test(value)) throw unexpected(line)
  return value
}
