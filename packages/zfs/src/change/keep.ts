import {
  formatBookmarkName,
  formatSnapshotName,
  parseSnapshotName,
  type SnapshotName,
} from '@z3/core'
import type { Run } from '../run.js'
import type { BookmarkName } from '../stream/send.js'
import { stderrOf } from '../zfs-error.js'

/**
 * Hold a snapshot so that it cannot be destroyed. Does nothing if the tag already holds it.
 *
 * @throws Z3Error `no-such-snapshot`, `not-permitted`, `zfs-failed`
 */
export async function hold(run: Run, tag: string, snapshot: SnapshotName): Promise<void> {
  try {
    await run(['hold', tag, formatSnapshotName(snapshot)])
  } catch (error) {
    if (!/: tag already exists on this dataset$/m.test(said(error))) throw error
  }
}

/**
 * Release a hold. Does nothing if the tag does not hold the snapshot.
 *
 * @throws Z3Error `no-such-snapshot`, `not-permitted`, `zfs-failed`
 */
export async function release(run: Run, tag: string, snapshot: SnapshotName): Promise<void> {
  try {
    await run(['release', tag, formatSnapshotName(snapshot)])
  } catch (error) {
    if (!/: no such tag on this dataset$/m.test(said(error))) throw error
  }
}

function said(error: unknown): string {
  return stderrOf(error) ?? ''
}

/**
 * Create a bookmark of a snapshot.
 *
 * @throws Z3Error `no-such-snapshot`, `not-permitted`, `zfs-failed` (it exists)
 */
export async function createBookmark(
  run: Run,
  snapshot: SnapshotName,
  bookmark: string,
): Promise<void> {
  const name = bookmarkWord({ dataset: snapshot.dataset, bookmark })
  await run(['bookmark', formatSnapshotName(snapshot), name])
}

/**
 * Destroy a bookmark, and never anything else. Does nothing if the bookmark does not exist.
 *
 * @throws Z3Error `invalid-name`, `not-permitted`, `zfs-failed`
 */
export async function destroyBookmark(run: Run, name: BookmarkName): Promise<void> {
  try {
    await run(['destroy', bookmarkWord(name)])
  } catch (error) {
    if (!/^bookmark '.*' does not exist\.$/m.test(stderrOf(error) ?? '')) {
      throw error
    }
  }
}

/**
 * The full name. Bookmarks have the same valid characters as snapshots, so a checked name contains
 * one `#` and is unambiguous.
 *
 * @throws Z3Error `invalid-name`
 */
function bookmarkWord(name: BookmarkName): string {
  parseSnapshotName(`${name.dataset}@${name.bookmark}`)
  return formatBookmarkName(name)
}
