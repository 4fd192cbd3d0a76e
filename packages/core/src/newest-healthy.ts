import type { Health } from './chain.js'
import { inTimeOrder } from './order.js'
import { formatSnapshotName } from './snapshot.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/**
 * The newest snapshot that can be restored from the store: `inTimeOrder`.
 *
 * @param health of all of the dataset: `checkHealth`
 */
export function newestHealthy(
  stored: readonly StoredSnapshot[],
  health: ReadonlyMap<string, Health>,
): StoredSnapshot | undefined {
  const good = stored.filter((object) => health.get(formatSnapshotName(object)) === 'ok')
  return inTimeOrder(good.map((object) => ({ stored: object, local: undefined }))).at(-1)?.stored
}
