import type { Bookmark } from '@z3/core'
import { listBookmarksOf } from './list-bookmarks-of.js'
import type { Run } from './run.js'

/**
 * The bookmarks of one dataset.
 *
 * @throws as listBookmarksOf
 */
export async function listBookmarks(
  run: Run,
  dataset: string,
): Promise<readonly Bookmark[]> {
  return (await listBookmarksOf(run, [dataset])).get(dataset) ?? []
}
