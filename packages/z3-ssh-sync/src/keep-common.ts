import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import {
  formatBookmarkName,
  formatSnapshotName,
  staleSyncMarks,
  syncHoldTag,
  wantedSyncMark,
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
  listHeld,
  listHolds,
  release,
  type Host,
} from '@z3/zfs'
import type { Side } from './side.js'

/**
 * Keep what the destination has now as the base of the next incremental stream,
 * and then remove what kept the one before.
 *
 * @param target what the destination has now, as the source names it
 * @param warn told where an older mark could not be removed
 * @throws Z3Error where the base could not be kept
 */
export async function keepCommon(
  keep: KeepCommon,
  target: LocalSnapshot,
  { host: source }: Side,
  destination: Side,
  warn: (line: string) => void,
): Promise<void> {
  const request = { keep, target, tag: destinationTag(destination) }
  const name = formatSnapshotName(target)
  await createMark(source, request).catch((error: unknown) => {
    if (!(error instanceof Z3Error)) throw error
    throw new Z3Error(
      error.code,
      `${name} has arrived, but cannot be kept as the base of the next incremental stream (--keep-common ${keep}): ${error.message}`,
      {
        hint: error.hint ?? "Use '--keep-common hold', or 'none' to keep no base at the source.",
        cause: error,
      },
    )
  })
  try {
    await removeStaleMarks(source, request)
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    warn(
      `${target.dataset}: cannot remove the marks of earlier runs (${syncHoldTag(request.tag)}): ${error.message}`,
    )
    if (error.hint !== undefined) warn(`hint: ${error.hint}`)
  }
}

type MarkRequest = Parameters<typeof wantedSyncMark>[0]

/**
 * Without a look at anything but the mark itself: what else there is at the
 * source may change at any time.
 *
 * @throws Z3Error of zfs
 */
async function createMark({ run }: Host, request: MarkRequest): Promise<void> {
  const { target, tag } = request
  const wanted = wantedSyncMark(request)
  if (wanted?.kind === 'hold') await hold(run, syncHoldTag(tag), target)
  if (wanted?.kind !== 'bookmark') return
  const exists = async (): Promise<boolean> =>
    (await listBookmarks(run, target.dataset)).some(
      (one) => formatBookmarkName(one) === wanted.name,
    )
  if (await exists()) return
  const mark = wanted.name.slice(wanted.name.indexOf('#') + 1)
  try {
    await createBookmark(run, target, mark)
  } catch (error) {
    // another run to the same destination may have made it
    if (!(await exists())) throw error
  }
}

/** @throws Z3Error of zfs */
async function removeStaleMarks(source: Host, request: MarkRequest): Promise<void> {
  const { run } = source
  const { target, tag } = request
  const { dataset } = target
  const holdTag = syncHoldTag(tag)
  // of an earlier kind, too: a hold that stays keeps its snapshot for ever
  const held = await heldBy(source, holdTag, dataset)
  const stale = staleSyncMarks({
    ...request,
    bookmarks: await listBookmarks(run, dataset),
    held,
  })
  for (const mark of stale) await removeMark(source, holdTag, mark, held)
}

/** As they are now: some may have been destroyed since the run began. */
async function heldBy(
  { run }: Host,
  tag: string,
  dataset: string,
): Promise<readonly LocalSnapshot[]> {
  const held = await listHeld(run, dataset)
  const names = new Set(
    (await listHolds(run, held))
      .filter((found) => found.tag === tag)
      .map(({ snapshot }) => formatSnapshotName(snapshot)),
  )
  return held.filter((one) => names.has(formatSnapshotName(one)))
}

async function removeMark(
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
