import { checkDatasetName } from '@z3/core'
import type { Run } from './run.js'

/**
 * Destroy a filesystem or volume that has neither snapshots nor children: with
 * either, zfs refuses.
 *
 * @throws Z3Error `invalid-name`, `no-such-dataset`, `not-permitted`,
 *   `zfs-failed`
 */
export async function destroyDataset(run: Run, dataset: string): Promise<void> {
  checkDatasetName(dataset)
  await run(['destroy', dataset])
}
