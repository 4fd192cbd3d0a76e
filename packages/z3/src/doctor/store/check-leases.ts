import { findLeases } from '@z3/backup'
import type { ObjectStore } from '@z3/s3'
import { ok, warning, type Finding } from '../finding.js'

/**
 * The leases of prunes: backups of their datasets wait.
 *
 * @throws Z3Error of the store
 */
export async function checkLeases(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const leases = await findLeases(store, prefix, signal)
  if (leases.length === 0) return [ok('leases', 'no z3 prune is running')]
  return leases.map(({ dataset, holder, isAlive }) =>
    isAlive
      ? warning(
          'leases',
          `z3 prune of ${dataset} holds a lease (${holder}); backups of the dataset wait`,
          'Wait until it has ended; the lease of a dead run expires after 15 minutes.',
        )
      : ok('leases', `an expired lease of ${dataset} (${holder}); the next z3 prune removes it`),
  )
}
