import {
  formatSnapshotName,
  parseSnapshotName,
  type SnapshotCandidate,
  type SnapshotName,
} from '@z3/core'
import type { BackupNames } from '../backup-names.js'
import type { Run } from '../run.js'
import { invalidProperty } from '../zfs-error.js'
import { askDatasets, columns, lines, unexpected } from './ask.js'
import type { SnapshotFacts } from './list.js'

/**
 * Snapshots per command. zfs looks up each snapshot in each dataset, which is still cheaper than
 * another command.
 */
const MOST = 20

/**
 * Bytes written to datasets since a snapshot of each, by dataset name. No entry if the snapshot no
 * longer exists, or if this zfs does not report it (`written@` needs OpenZFS 0.6).
 *
 * @param since one snapshot of each dataset
 * @throws Z3Error `invalid-name`; `zfs-failed`, also for unparsable output
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

/**
 * Read how much was written to each dataset since its newest managed snapshot, for `planSnapshots`.
 *
 * @param listed result of `listSnapshotsOf`
 * @throws Z3Error as `writtenSince`
 */
export async function findCandidates(
  run: Run,
  listed: ReadonlyMap<string, readonly SnapshotFacts[]>,
  { isOurs }: Pick<BackupNames, 'isOurs'>,
): Promise<readonly SnapshotCandidate[]> {
  const latest = Array.from(listed, ([dataset, snapshots]) => ({
    dataset,
    latest: snapshots.findLast(({ snapshot }) => isOurs(snapshot))?.snapshot,
  }))
  const written = await writtenSince(
    run,
    latest.flatMap(({ dataset, latest: snapshot }) =>
      snapshot === undefined ? [] : [{ dataset, snapshot }],
    ),
  )
  return latest.map((one) => ({ ...one, written: written.get(one.dataset) }))
}

/**
 * Changes of a filesystem since a snapshot: the first lines of `zfs diff`, `M<tab>/tank/file`, with
 * blanks and control characters as `\0040`. Not for volumes.
 *
 * @throws Z3Error `not-permitted` (zfs diff takes a snapshot), `zfs-failed` (a volume, or an
 *   unmounted filesystem)
 */
export async function diffLines(
  run: Run,
  snapshot: SnapshotName,
  count: number,
): Promise<readonly string[]> {
  const text = await run(['diff', '-H', formatSnapshotName(snapshot)], {
    firstLines: count,
  })
  return lines(text).slice(0, count)
}
