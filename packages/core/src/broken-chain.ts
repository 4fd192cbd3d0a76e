import type { Health } from './chain.js'
import { Z3Error } from './errors.js'
import { formatSnapshotName, type SnapshotName } from './snapshot.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/**
 * The error of a stored snapshot that cannot be built upon or restored.
 *
 * @param culprit where the chain is broken
 * @param wanted what builds on it, at the end of the chain
 */
export function brokenChain(
  culprit: StoredSnapshot,
  reason: Health,
  wanted: SnapshotName,
  hint: string,
): Z3Error {
  const name = formatSnapshotName(culprit)
  const needed = formatSnapshotName(wanted)
  const detail = culprit.problem ?? culprit.parent ?? ''
  return new Z3Error(
    'broken-chain',
    `broken snapshot '${name}' in the store, reason: '${reason}' (${detail})` +
      (needed === name ? '' : `; '${needed}' builds on it`),
    { hint },
  )
}
