import { checkDatasetName, type Bookmark } from '@z3/core'
import { askDatasets } from './ask-datasets.js'
import { readBookmarks } from './read-bookmarks.js'
import type { Run } from './run.js'

/**
 * The bookmarks of datasets, by dataset, in the order of what they were made
 * of; none where this zfs has no bookmarks. A dataset that is not there is not
 * in the answer.
 *
 * @throws Z3Error `invalid-name`; `zfs-failed` on output that is not zfs's
 */
export async function listBookmarksOf(
  run: Run,
  datasets: readonly string[],
): Promise<ReadonlyMap<string, readonly Bookmark[]>> {
  datasets.forEach(checkDatasetName)
  const found = new Map<string, Bookmark[]>()
  await askDatasets(datasets, async (some) => {
    const bookmarks = await readBookmarks(run, some)
    for (const name of some) found.set(name, [])
    for (const one of bookmarks) found.get(one.dataset)?.push(one)
    return []
  })
  return found
}
