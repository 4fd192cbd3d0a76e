import {
  formatBookmarkName,
  formatSnapshotName,
  type Bookmark,
  type KeepCommon,
  type SnapshotName,
} from '@z3/core'
import { createBookmark, destroyBookmark, hold, release, type SnapshotFacts } from '@z3/zfs'
import type { Holds } from './destroy.js'
import type { Side } from './side.js'

type Marked = Pick<SnapshotFacts, 'dataset' | 'snapshot' | 'guid' | 'created' | 'createtxg'>

type Held = SnapshotName & Pick<SnapshotFacts, 'userrefs'>

/** What both sides have now, and had before. */
export interface Common {
  readonly keep: KeepCommon
  readonly holdTag: string
  readonly source: Side
  readonly target: Side
  readonly targetDataset: string
  /**
   * Of the target dataset, in decimal: it tells our bookmarks from others.
   * Undefined: not known with --test, and no bookmark is shown.
   */
  readonly targetGuid: string | undefined
  readonly sourceHolds: Holds
  readonly targetHolds: Holds
  readonly bookmarks: readonly Bookmark[]
}

/**
 * Keep a snapshot on both sides, since the next increment is sent from it: by a
 * hold, at the source by a bookmark where that is wanted.
 *
 * @param onKept told of each hold and bookmark that was not there
 * @returns the bookmarks of the source as they are then
 */
export async function keepCommon(
  snapshot: Marked,
  { keep, holdTag, source, target, targetDataset, ...rest }: Common,
  onKept: (what: string) => void = () => undefined,
): Promise<readonly Bookmark[]> {
  if (keep === 'none') return rest.bookmarks
  const holdOn = async (side: Side, one: SnapshotName, holds: Holds): Promise<void> => {
    if (!(await holdUnlessHeld(side, holdTag, one, holds))) return
    onKept(`${side.label} ${formatSnapshotName(one)}: holding (${holdTag})`)
  }
  // the source's comes first: it is all that the next increment needs
  const bookmarks =
    keep === 'bookmark'
      ? await bookmarkUnlessThere(snapshot, { source, ...rest }, onKept)
      : rest.bookmarks
  if (keep === 'hold') await holdOn(source, snapshot, rest.sourceHolds)
  const there = { dataset: targetDataset, snapshot: snapshot.snapshot }
  await holdOn(target, there, rest.targetHolds)
  return bookmarks
}

async function bookmarkUnlessThere(
  snapshot: Marked,
  { source, bookmarks, targetGuid }: Pick<Common, 'source' | 'bookmarks' | 'targetGuid'>,
  onKept: (what: string) => void,
): Promise<readonly Bookmark[]> {
  if (targetGuid === undefined) return bookmarks
  const bookmark = bookmarkOf(snapshot.snapshot, targetGuid)
  const found = bookmarks.find((one) => one.bookmark === bookmark)
  if (found?.guid === snapshot.guid) return bookmarks
  // of an earlier snapshot that had the same name
  if (found) await destroyBookmark(source.change, found)
  await createBookmark(source.change, snapshot, bookmark)
  onKept(
    `${source.label} ${formatBookmarkName({ dataset: snapshot.dataset, bookmark })}: bookmarking`,
  )
  const { dataset, guid, created, createtxg } = snapshot
  return [
    ...bookmarks.filter((one) => one !== found),
    { dataset, bookmark, guid, created, createtxg },
  ]
}

/**
 * Let go of what both sides had in common before.
 *
 * @param sourceSnapshot undefined: it is a bookmark, or another target needs it
 * @param targetSnapshot as the target names it
 * @param now the snapshot that has taken its place
 * @returns the bookmarks of the source as they are then
 */
export async function letGo(
  sourceSnapshot: Held | undefined,
  targetSnapshot: Held,
  now: SnapshotName,
  { keep, holdTag, source, target, targetGuid, bookmarks, ...rest }: Common,
): Promise<readonly Bookmark[]> {
  if (keep === 'none') return bookmarks
  if (sourceSnapshot) await releaseIfHeld(source, holdTag, sourceSnapshot, rest.sourceHolds)
  await releaseIfHeld(target, holdTag, targetSnapshot, rest.targetHolds)
  if (targetGuid === undefined) return bookmarks
  const current = bookmarkOf(now.snapshot, targetGuid)
  const old = bookmarks.filter(
    ({ bookmark }) =>
      bookmark.endsWith(suffix(targetGuid)) && !(keep === 'bookmark' && bookmark === current),
  )
  for (const one of old) await destroyBookmark(source.change, one)
  return bookmarks.filter((one) => !old.includes(one))
}

/** zfs-autobackup 4's names. */
function bookmarkOf(snapshot: string, targetGuid: string): string {
  return `${snapshot}${suffix(targetGuid)}`
}

function suffix(targetGuid: string): string {
  return `_${targetGuid}`
}

/** @returns whether it was not held before */
async function holdUnlessHeld(
  { change }: Side,
  tag: string,
  snapshot: SnapshotName,
  holds: Holds,
): Promise<boolean> {
  const name = formatSnapshotName(snapshot)
  const tags = holds.get(name) ?? new Set()
  if (tags.has(tag)) return false
  await hold(change, tag, snapshot)
  holds.set(name, tags.add(tag))
  return true
}

async function releaseIfHeld(
  { change }: Side,
  tag: string,
  snapshot: Held,
  holds: Holds,
): Promise<void> {
  const tags = holds.get(formatSnapshotName(snapshot))
  // nobody has asked what holds those of others; it may well be us
  const isHeld = tags ? tags.has(tag) : snapshot.userrefs > 0
  if (!isHeld) return
  await release(change, tag, snapshot)
  tags?.delete(tag)
}
