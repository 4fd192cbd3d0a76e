import { checkDatasetName, type Bookmark } from '@z3/core'
import { readBookmarks } from './read-bookmarks.js'
import type { Run } from './run.js'

/**
 * The bookmarks of one dataset, in the order of what they were made of; none
 * where this zfs has no bookmarks.
 *
 * @throws Z3Error `no-such-dataset`, `invalid-name`; `zfs-failed` on output that
 *   is not zfs's
 */
export async function listBookmarks(run: Run, dataset: string): Promise<readonly Bookmark[]> {
  checkDatasetName(dataset)
  return readBookmarks(run, [dataset])
}
