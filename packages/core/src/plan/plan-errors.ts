import { Z3Error } from '../errors.js'
import { formatSnapshotName, type SnapshotName } from '../snapshot.js'
import { nearest } from '../suggest.js'
import type { Health } from '../versions/chain.js'
import type { StoredSnapshot } from '../versions/stored-snapshot.js'

/**
 * The error for a stored snapshot that cannot be a parent or be restored.
 *
 * @param culprit where the chain is broken
 * @param wanted the snapshot at the end of the chain
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

/**
 * The error for two snapshots of one name, or for snapshots that may be different.
 *
 * @param here the guid of the one on this host
 * @param there the guid of the stored one, where it has one
 */
export function snapshotConflict(
  name: string,
  here: string,
  there: string | undefined,
  hint: string,
): Z3Error {
  const message =
    there === undefined
      ? `'${name}' may be another snapshot here than in the store: guid ${here} here, unknown there`
      : `'${name}' is another snapshot here than in the store: guid ${here} here, ${there} there`
  return new Z3Error('snapshot-conflict', message, { hint })
}

/**
 * A hint for a missing snapshot: the three most similar names, or else the newest.
 *
 * @param candidates of the same dataset, the oldest first
 */
export function didYouMean(
  { dataset, snapshot: word }: SnapshotName,
  candidates: readonly SnapshotName[],
): string | undefined {
  const full = (snapshot: string): string => `'${formatSnapshotName({ dataset, snapshot })}'`
  // ties: the newest first
  const names = candidates.map(({ snapshot }) => snapshot).reverse()
  const [newest] = names
  if (newest === undefined) return undefined
  const near = nearest(word, names, 3).map(full)
  const last = near.pop()
  if (last === undefined) return `The newest is ${full(newest)}.`
  const others = near.length > 0 ? `${near.join(', ')} or ` : ''
  return `Did you mean ${others}${last}?`
}
