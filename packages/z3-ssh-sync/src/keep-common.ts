import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import {
  formatSnapshotName,
  keepSyncCommon,
  syncHoldTag,
  Z3Error,
  type KeepCommon,
  type LocalSnapshot,
  type SyncMark,
} from '@z3/core'
import {
  createBookmark,
  destroyBookmark,
  formatPlace,
  hold,
  listBookmarks,
  listHolds,
  release,
  type Host,
} from '@z3/zfs'
import type { Side } from './side.js'

/**
 * Keep what the destination has now as the base of the next increment, and let
 * go of what was kept before it: in this order.
 *
 * @param target what it has now, of the source
 * @param warn told where it cannot be: what was synced is synced all the same
 */
export async function keepCommon(
  keep: KeepCommon,
  target: LocalSnapshot,
  source: Side,
  destination: Side,
  warn: (line: string) => void,
): Promise<void> {
  try {
    await moveMarks(keep, target, source, destination)
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    const what = `keeping ${formatSnapshotName(target)} for the next increment (--keep-common ${keep})`
    warn(`${what}: ${error.message}`)
    if (error.hint !== undefined) warn(`hint: ${error.hint}`)
  }
}

/** @throws Z3Error of zfs */
async function moveMarks(
  keep: KeepCommon,
  target: LocalSnapshot,
  { host: source, snapshots = [] }: Side,
  destination: Side,
): Promise<void> {
  const tag = destinationTag(destination)
  const holdTag = syncHoldTag(tag)
  // of an earlier kind, too: a hold that stays keeps its snapshot for ever
  const held = await heldBy(source, holdTag, snapshots)
  const { create, release: old } = keepSyncCommon({
    keep,
    tag,
    target,
    bookmarks: await listBookmarks(source.run, target.dataset),
    held,
  })
  if (create?.kind === 'bookmark') {
    const mark = create.name.slice(create.name.indexOf('#') + 1)
    await createBookmark(source.run, target, mark)
  } else if (create) await hold(source.run, holdTag, target)
  for (const mark of old) await letGo(source, holdTag, mark, snapshots)
}

async function heldBy(
  { run }: Host,
  tag: string,
  snapshots: readonly LocalSnapshot[],
): Promise<readonly LocalSnapshot[]> {
  const names = new Set(
    (await listHolds(run, snapshots))
      .filter((found) => found.tag === tag)
      .map(({ snapshot }) => formatSnapshotName(snapshot)),
  )
  return snapshots.filter((one) => names.has(formatSnapshotName(one)))
}

async function letGo(
  { run }: Host,
  tag: string,
  { kind, name }: SyncMark,
  snapshots: readonly LocalSnapshot[],
): Promise<void> {
  if (kind === 'bookmark') {
    const at = name.indexOf('#')
    await destroyBookmark(run, {
      dataset: name.slice(0, at),
      bookmark: name.slice(at + 1),
    })
    return
  }
  const snapshot = snapshots.find((one) => formatSnapshotName(one) === name)
  if (snapshot) await release(run, tag, snapshot)
}

/** Eight digits that tell this destination from others of the same source. */
function destinationTag({ host: { target }, dataset }: Side): string {
  const place = formatPlace({ target: target ?? { host: hostname() }, dataset })
  return createHash('sha256').update(place).digest('hex').slice(0, 8)
}
