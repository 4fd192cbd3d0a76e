import { formatSnapshotName, Z3Error, type SnapshotName } from '@z3/core'
import type { Run } from './run.js'
import { lines, unexpected } from './table.js'

/**
 * The guid of a snapshot, in decimal.
 *
 * @returns undefined where there is no such snapshot
 * @throws Z3Error `zfs-failed` and others, when it cannot be told
 */
export async function snapshotGuid(run: Run, snapshot: SnapshotName): Promise<string | undefined> {
  try {
    const text = await run([...['get', '-Hp', '-o', 'value', 'guid', formatSnapshotName(snapshot)]])
    const [guid = ''] = lines(text)
    if (!/^\d+$/.test(guid)) throw unexpected(text)
    return guid
  } catch (error) {
    const missing =
      error instanceof Z3Error && ['no-such-snapshot', 'no-such-dataset'].includes(error.code)
    if (missing) return undefined
    throw error
  }
}
