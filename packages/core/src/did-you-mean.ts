import { formatSnapshotName, type SnapshotName } from './snapshot.js'
import { nearest } from './suggest.js'

/**
 * A hint for a snapshot that is not there: the nearest three, or else the
 * newest.
 *
 * @param candidates of the same dataset, the oldest first
 */
export function didYouMean(
  { dataset, snapshot: word }: SnapshotName,
  candidates: readonly SnapshotName[],
): string | undefined {
  const full = (snapshot: string): string => `'${formatSnapshotName({ dataset, snapshot })}'`
  // the newest first, of those that are equally near
  const names = candidates.map(({ snapshot }) => snapshot).reverse()
  const [newest] = names
  if (newest === undefined) return undefined
  const near = nearest(word, names, 3).map(full)
  const last = near.pop()
  if (last === undefined) return `The newest is ${full(newest)}.`
  const others = near.length > 0 ? `${near.join(', ')} or ` : ''
  return `Did you mean ${others}${last}?`
}
