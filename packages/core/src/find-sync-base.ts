import { formatBookmarkName } from './bookmark.js'
import type { LocalSnapshot } from './versions/local-snapshot.js'
import { formatSnapshotName } from './snapshot.js'
import type { SyncBase, SyncSource } from './sync-plan.js'

/** The newest, up to the target, that both sides have. */
export interface CommonPoint {
  /** As the source names it: a snapshot where there is one. */
  readonly base: SyncBase
  /** Its transaction group at the source. */
  readonly createtxg: bigint
  /** As the destination names it. */
  readonly there: LocalSnapshot
}

/**
 * Find what an increment up to the target is sent from. By guid: names may have
 * changed on either side.
 *
 * @param there of the destination, by guid
 */
export function findSyncBase(
  { snapshots, bookmarks }: SyncSource,
  target: LocalSnapshot,
  there: ReadonlyMap<string, LocalSnapshot>,
): CommonPoint | undefined {
  const limit = BigInt(target.createtxg)
  let newest: CommonPoint | undefined
  const offer = (
    kind: SyncBase['kind'],
    name: string,
    { guid, createtxg }: { guid: string; createtxg: string },
  ): void => {
    const common = there.get(guid)
    const txg = BigInt(createtxg)
    // a bookmark of the same snapshot comes second, and is not newer
    if (!common || txg > limit || (newest && txg <= newest.createtxg)) return
    newest = { base: { kind, name, guid }, createtxg: txg, there: common }
  }
  for (const snapshot of snapshots) {
    offer('snapshot', formatSnapshotName(snapshot), snapshot)
  }
  for (const bookmark of bookmarks) {
    offer('bookmark', formatBookmarkName(bookmark), bookmark)
  }
  return newest
}
