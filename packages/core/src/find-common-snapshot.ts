import type { Bookmark } from './bookmark.js'
import type { CommonSnapshot, ReplicaSnapshot, ReplicationRequest } from './replication-plan.js'
import { formatSnapshotName } from './snapshot.js'

/**
 * Find the newest that both sides have, ours or not. By guid: names may have
 * changed on either side; by name where names are to be trusted.
 *
 * @param note told of equal names of different snapshots
 */
export function findCommonSnapshot<S extends ReplicaSnapshot>(
  {
    source,
    bookmarks,
    target = [],
    trustNames,
  }: Pick<ReplicationRequest<S>, 'source' | 'bookmarks' | 'target' | 'trustNames'>,
  note: (line: string) => void,
): CommonSnapshot<S> | undefined {
  const byGuid = new Map(target.map((one) => [one.guid, one]))
  const byName = new Map(target.map((one) => [one.snapshot, one]))
  const newest = source.findLast((one) => {
    const same = byName.get(one.snapshot)
    if (byGuid.has(one.guid) || (trustNames && same)) return true
    if (same) {
      note(
        `${formatSnapshotName(one)} has the name of ${formatSnapshotName(same)}, and is not the same snapshot`,
      )
    }
    return false
  })
  const mark = newestOf(bookmarks.filter(({ guid }) => byGuid.has(guid)))
  const best =
    newest && mark && BigInt(mark.createtxg) > BigInt(newest.createtxg) ? mark : (newest ?? mark)
  if (!best) return undefined
  const there =
    byGuid.get(best.guid) ?? ('snapshot' in best ? byName.get(best.snapshot) : undefined)
  return there && { source: best, target: there }
}

function newestOf(bookmarks: readonly Bookmark[]): Bookmark | undefined {
  return bookmarks.reduce<Bookmark | undefined>(
    (newest, one) => (newest && BigInt(newest.createtxg) >= BigInt(one.createtxg) ? newest : one),
    undefined,
  )
}
