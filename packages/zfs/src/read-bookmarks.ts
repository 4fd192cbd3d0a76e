import type { Bookmark } from '@z3/core'
import { recall, learn } from './capabilities.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'
import { invalidOption, stderrOf } from './zfs-error.js'

/** Where a zfs that has no bookmarks is remembered. */
const BOOKMARKS = 'list -t bookmark'

/**
 * The bookmarks of datasets, in one command, in the order of what they were made
 * of; none where this zfs has no bookmarks.
 *
 * @param datasets names that were checked
 * @throws Z3Error `no-such-dataset`: one of them is not there; `zfs-failed` on
 *   output that is not zfs's
 */
export async function readBookmarks(
  run: Run,
  datasets: readonly string[],
): Promise<readonly Bookmark[]> {
  return lines(await ask(run, datasets)).map((line) => {
    const bookmark = parse(line)
    if (datasets.includes(bookmark.dataset)) return bookmark
    throw unexpected(line)
  })
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
      invalidOption(error) === 'p' || /^invalid type 'bookmark'$/m.test(stderrOf(error) ?? '')
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
