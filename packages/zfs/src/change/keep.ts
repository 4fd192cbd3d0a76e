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
 * Hold a snapshot, so that nobody can destroy it; nothing is done when it is
 * held by that tag already.
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
 * End a hold; nothing is done when there is none by that tag.
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
 * Make a bookmark of a snapshot.
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
 * Destroy a bookmark; nothing is done when it is not there. Nothing else can be
 * destroyed by it.
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
 * A bookmark has the same characters as a snapshot: so its name has one `#`, and
 * can be read as nothing else.
 *
 * @throws Z3Error `invalid-name`
 */
function bookmarkWord(name: BookmarkName): string {
  parseSnapshotName(`${name.dataset}@${name.bookmark}`)
  return formatBookmarkName(name)
}
