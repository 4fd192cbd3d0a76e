import { formatSnapshotName, type LocalSnapshot } from '@z3/core'
import { withOptions } from './capabilities.js'
import { listSnapshots } from './list-snapshots.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'

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
  const text = await withOptions<string | undefined>(
    run,
    'list',
    'p',
    () =>
      run([...['list', '-Hp', '-t', 'snapshot', '-d', '1'], ...['-o', 'name,userrefs', dataset]]),
    () => Promise.resolve(undefined),
  )
  if (text === undefined) return snapshots
  const held = new Set(
    lines(text).flatMap((line) => {
      const [name = '', userrefs = ''] = columns(line, 2)
      if (!/^\d+$/.test(userrefs)) throw unexpected(line)
      return userrefs === '0' ? [] : [name]
    }),
  )
  return snapshots.filter((one) => held.has(formatSnapshotName(one)))
}
