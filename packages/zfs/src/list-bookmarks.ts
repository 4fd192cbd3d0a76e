import { checkDatasetName, type Bookmark } from '@z3/core'
import { recall, learn } from './capabilities.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'
import { invalidOption, stderrOf } from './zfs-error.js'

/** Where a zfs that has no bookmarks is remembered. */
const BOOKMARKS = 'list -t bookmark'

/**
 * The bookmarks of a dataset, in the order of what they were made of; none where
 * this zfs has no bookmarks.
 *
 * @throws Z3Error `no-such-dataset`; `invalid-name`; `zfs-failed` on output
 *   that is not zfs's
 */
export async function listBookmarks(
  run: Run,
  dataset: string,
): Promise<readonly Bookmark[]> {
  checkDatasetName(dataset)
  if (recall(run, BOOKMARKS) === false) return []
  try {
    const text = await run([
      'list',
      '-Hp',
      '-t',
      'bookmark',
      '-d',
      '1',
      '-o',
      'name,guid,creation,createtxg',
      '-s',
      'createtxg',
      dataset,
    ])
    return lines(text).map((line) => parse(line, dataset))
  } catch (error) {
    // `list -p` is older than bookmarks
    const old =
      invalidOption(error) === 'p' ||
      /^invalid type 'bookmark'$/m.test(stderrOf(error) ?? '')
    if (!old) throw error
    learn(run, BOOKMARKS, false)
    return []
  }
}

function parse(line: string, dataset: string): Bookmark {
  const [name = '', guid = '', created = '', createtxg = ''] = columns(line, 4)
  const bookmark = name.slice(dataset.length + 1)
  if (
    name !== `${dataset}#${bookmark}` ||
    bookmark === '' ||
    ![guid, created, createtxg].every((value) => /^\d+$/.test(value))
  ) {
    throw unexpected(line)
  }
  return { dataset, bookmark, guid, created: Number(created), createtxg }
}
