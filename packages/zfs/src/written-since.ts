import { formatSnapshotName, parseSnapshotName, type SnapshotName } from '@z3/core'
import { askDatasets } from './ask-datasets.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'
import { invalidProperty } from './zfs-error.js'

/**
 * Snapshots that one command is asked about. Each is looked for in each dataset,
 * which costs less than a command does.
 */
const MOST = 20

/**
 * What was written to datasets since a snapshot of each, by the dataset's name,
 * bytes. Where the snapshot is gone, or where zfs does not tell (`written@` is
 * of OpenZFS 0.6), there is no number.
 *
 * @param since one snapshot of each dataset
 * @throws Z3Error `invalid-name`; `zfs-failed`, also on output that is not zfs's
 */
export async function writtenSince(
  run: Run,
  since: readonly SnapshotName[],
): Promise<ReadonlyMap<string, number>> {
  for (const name of since) parseSnapshotName(formatSnapshotName(name))
  const snapshots = new Map<string, string[]>()
  for (const { dataset, snapshot } of since) {
    const datasets = snapshots.get(snapshot) ?? []
    snapshots.set(snapshot, datasets)
    datasets.push(dataset)
  }
  const written = new Map<string, number>()
  const groups = [...snapshots]
  for (let at = 0; at < groups.length; at += MOST) {
    const some = groups.slice(at, at + MOST)
    const wanted = new Map(
      some.flatMap(([snapshot, datasets]) =>
        datasets.map((dataset) => [dataset, `written@${snapshot}`]),
      ),
    )
    const properties = some.map(([snapshot]) => `written@${snapshot}`).join()
    const rows = await ask(run, properties, [...wanted.keys()])
    for (const row of rows) {
      const [dataset = '', property, value = ''] = columns(row, 3)
      if (wanted.get(dataset) !== property || value === '-') continue
      if (!/^\d+$/.test(value)) throw unexpected(row)
      written.set(dataset, Number(value))
    }
  }
  return written
}

async function ask(
  run: Run,
  properties: string,
  datasets: readonly string[],
): Promise<readonly string[]> {
  try {
    return await askDatasets(datasets, async (some) =>
      lines(await run(['get', '-Hp', '-o', 'name,property,value', properties, ...some])),
    )
  } catch (error) {
    if (invalidProperty(error)?.startsWith('written@') === true) return []
    throw error
  }
}
