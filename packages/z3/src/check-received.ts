import { parseSnapshotName, Z3Error, type RestoreStep } from '@z3/core'
import { ifThere, listSnapshots, type Run } from '@z3/zfs'

/**
 * What zfs reports is not enough to say that it is there: look.
 *
 * @throws Z3Error `not-restored`
 */
export async function checkReceived(zfs: Run, { name, object }: RestoreStep): Promise<void> {
  const { dataset, snapshot } = parseSnapshotName(name)
  const there = (await ifThere(listSnapshots(zfs, dataset))) ?? []
  const received = there.find((one) => one.snapshot === snapshot)
  if (received && (object.guid ?? received.guid) === received.guid) return
  throw new Z3Error(
    'not-restored',
    received
      ? `${name} is not what '${object.key}' says: its guid is ${received.guid}, not ${String(object.guid)}`
      : `${name} is not there, although zfs receive has reported no error`,
    {
      hint: 'Look at the dataset, and compare it with other copies before it is used.',
    },
  )
}
