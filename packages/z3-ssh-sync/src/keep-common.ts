import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import {
  formatBookmarkName,
  formatSnapshotName,
  staleSyncMarks,
  syncHoldTag,
  Z3Error,
  type KeepCommon,
  type LocalSnapshot,
} from '@z3/core'
import { keepBase, type PoolEndpoint } from '@z3/replicate'
import { formatPlace, listHeld, listHolds, release } from '@z3/zfs'
import type { SyncJob } from './sync-world.js'

/**
 * Protect the newest common snapshot as the parent of the next incremental stream, then release
 * what protected the previous one.
 *
 * @param base the newest common snapshot, at the source
 * @throws Z3Error if it could not be protected
 */
export async function keepCommon(
  base: LocalSnapshot,
  { to, options, world: { source, destination, warn } }: SyncJob,
): Promise<void> {
  const { keep } = options.policy
  const tag = destinationTag(destination, to)
  const holdTag = syncHoldTag(tag)
  const name = formatSnapshotName(base)
  try {
    if (keep === 'bookmark') await source.readBookmarks(base.dataset)
    const bookmark = `${holdTag}-${base.guid}`
    // never remove what only looks like ours
    await keepBase(source, base, { keep, holdTag, bookmark, replace: false })
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    throw new Z3Error(
      error.code,
      `${name} was received, but cannot be protected as the parent of the next incremental stream (--keep-common ${keep}): ${error.message}`,
      {
        hint:
          error.hint ?? "Use '--keep-common hold', or 'none' to protect no snapshot of the source.",
        cause: error,
      },
    )
  }
  try {
    await removeStaleMarks(keep, base, source, tag)
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    warn(
      `${base.dataset}: cannot remove holds and bookmarks of earlier runs (${holdTag}): ${error.message}`,
    )
    if (error.hint !== undefined) warn(`hint: ${error.hint}`)
  }
}

/** Holds, too, if an earlier run used them: they would keep their snapshots forever. */
async function removeStaleMarks(
  keep: KeepCommon,
  target: LocalSnapshot,
  source: PoolEndpoint,
  tag: string,
): Promise<void> {
  const { dataset } = target
  // as they are now: some may have been destroyed during the run
  const held = await listHeld(source.read, dataset)
  const ours = new Set(
    (await listHolds(source.read, held))
      .filter((found) => found.tag === syncHoldTag(tag))
      .map(({ snapshot }) => formatSnapshotName(snapshot)),
  )
  const bookmarks = await source.readBookmarks(dataset)
  const stale = staleSyncMarks({
    ...{ keep, tag, target, bookmarks },
    held: held.filter((one) => ours.has(formatSnapshotName(one))),
  })
  const names = new Set(stale.map(({ name }) => name))
  for (const one of bookmarks) {
    if (names.has(formatBookmarkName(one))) await source.destroyBookmark(one)
  }
  for (const one of held) {
    if (names.has(formatSnapshotName(one))) await release(source.change, syncHoldTag(tag), one)
  }
}

/** Eight hex digits that identify this destination among others of the same source. */
function destinationTag({ host }: PoolEndpoint, dataset: string): string {
  const place = formatPlace({ ssh: host.ssh ?? { host: hostname() }, dataset })
  return createHash('sha256').update(place).digest('hex').slice(0, 8)
}
