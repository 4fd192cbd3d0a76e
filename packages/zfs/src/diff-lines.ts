import { formatSnapshotName, type SnapshotName } from '@z3/core'
import type { Run } from './run.js'
import { lines } from './table.js'

/**
 * What was changed in a filesystem since a snapshot, as `zfs diff` says it: the
 * first lines, `M<tab>/tank/file`, blanks and control characters as `\0040`.
 * Not for volumes.
 *
 * @throws Z3Error `not-permitted` (it takes a snapshot), `zfs-failed` (a volume,
 *   or a filesystem that is not mounted)
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
