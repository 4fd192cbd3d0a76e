import { printable, withLock, type Io } from '@z3/cli'
import { formatSnapshotName, parseSnapshotName, Z3Error } from '@z3/core'
import { getProperties, localHost, snapshotGuid } from '@z3/zfs'
import type { OpenTarget, Target } from './target.js'
import { openMounted, mountSnapshot } from './snapshot-directory.js'
import { showSnapshotDevice } from './snapshot-device.js'

/**
 * Make a snapshot readable, use it, and undo that: a file system through `.zfs` or a mount of its
 * own, a volume through its device.
 *
 * @throws Z3Error `invalid-name`, `no-such-snapshot`, `no-such-dataset`, `not-mounted`,
 *   `not-permitted`, `zfs-failed`, `zfs-unavailable`, `locked`: another run reads a snapshot of the
 *   volume
 */
export async function useSnapshot<T>(
  text: string,
  io: Io,
  action: (target: Target) => Promise<T>,
): Promise<T> {
  const snapshot = parseSnapshotName(text)
  const { dataset } = snapshot
  const { run } = localHost({ env: io.env, signal: io.signal })
  if ((await snapshotGuid(run, snapshot)) === undefined) {
    throw new Z3Error('no-such-snapshot', `no such snapshot: ${formatSnapshotName(snapshot)}`, {
      hint: `For a file with an '@' in its name, write './${text}'.`,
    })
  }
  const properties = await getProperties(run, dataset, [
    ...['type', 'mounted', 'mountpoint', 'keystatus'],
  ])
  if (properties['keystatus'] === 'unavailable') {
    throw new Z3Error('not-mounted', `cannot read ${text}: the key of ${dataset} is not loaded`, {
      hint: `Load it with: zfs load-key ${dataset}`,
    })
  }
  if (properties['type'] === 'volume') {
    const say = (line: string) => io.stderr.write(`z3-check: ${printable(line)}\n`)
    return withLock({ dataset, destination: 'snapdev' }, io.signal, say, async () =>
      using(await showSnapshotDevice(snapshot, io), action),
    )
  }
  const mounted = await openMounted(snapshot, properties)
  return mounted ? action(mounted) : using(await mountSnapshot(snapshot, io), action)
}

async function using<T>(target: OpenTarget, action: (target: Target) => Promise<T>): Promise<T> {
  try {
    return await action(target)
  } finally {
    await target.close()
  }
}
