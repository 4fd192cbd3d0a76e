import { checkDatasetName, Z3Error, type Bookmark } from '@z3/core'
import { listBookmarksOf } from './list-bookmarks-of.js'
import type { Run } from './run.js'

/**
 * The bookmarks of one dataset, in the order of what they were made of; none
 * where this zfs has no bookmarks.
 *
 * @throws Z3Error `no-such-dataset`; else as listBookmarksOf
 */
export async function listBookmarks(
  run: Run,
  dataset: string,
): Promise<readonly Bookmark[]> {
  checkDatasetName(dataset)
  const found = (await listBookmarksOf(run, [dataset])).get(dataset)
  if (found) return found
  throw new Z3Error('no-such-dataset', `there is no dataset '${dataset}'`)
}
