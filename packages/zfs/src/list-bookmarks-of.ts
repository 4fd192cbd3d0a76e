import { checkDatasetName, type Bookmark } from '@z3/core'
import { askDatasets } from './ask-datasets.js'
import { recall, learn } from './capabilities.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'
import { invalidOption, stderrOf } from './zfs-error.js'

/** Where a zfs that has no bookmarks is remembered. */
const BOOKMARKS = 'list -t bookmark'

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
    const rows = lines(await ask(run, some))
    for (const name of some) found.set(name, [])
    for (const row of rows) {
      const bookmark = parse(row)
      const others = found.get(bookmark.dataset)
      if (!others) throw unexpected(row)
      others.push(bookmark)
    }
    return []
  })
  return found
}

async function ask(run: Run, datasets: readonly string[]): Promise<string> {
  if (recall(run, BOOKMARKS) === false) return ''
  try {
    return await run([
      ...['list', '-Hp', '-t', 'bookmark', '-d', '1'],
      ...['-o', 'name,guid,creation,createtxg', '-s', 'createtxg'],
      ...datasets,
    ])
  } catch (error) {
    // `list -p` is older than bookmarks
    const old =
      invalidOption(error) === 'p' ||
      /^invalid type 'bookmark'$/m.test(stderrOf(error) ?? '')
    if (!old) throw error
    learn(run, BOOKMARKS, false)
    return ''
  }
}

function parse(line: string): Bookmark {
  const [name = '', guid = '', created = '', createtxg = ''] = columns(line, 4)
  const [dataset = '', bookmark = '', ...more] = name.split('#')
  if (
    bookmark === '' ||
    more.length > 0 ||
    ![guid, created, createtxg].every((value) => /^\d+$/.test(value))
  ) {
    throw unexpected(line)
  }
  return { dataset, bookmark, guid, created: Number(created), createtxg }
}
