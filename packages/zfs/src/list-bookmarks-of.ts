import { checkDatasetName, type Bookmark } from '@z3/core'
import { recall, learn } from './capabilities.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'
import { invalidOption, stderrOf } from './zfs-error.js'

/** Where a zfs that has no bookmarks is remembered. */
const BOOKMARKS = 'list -t bookmark'

/** Names in one command: 255 characters each, and 128 KiB of them at most. */
const MOST = 400

/**
 * The bookmarks of datasets, by dataset, in the order of what they were made
 * of; none where this zfs has no bookmarks.
 *
 * @throws Z3Error `no-such-dataset`; `invalid-name`; `zfs-failed` on output
 *   that is not zfs's
 */
export async function listBookmarksOf(
  run: Run,
  datasets: readonly string[],
): Promise<ReadonlyMap<string, readonly Bookmark[]>> {
  datasets.forEach(checkDatasetName)
  const found = new Map(datasets.map((name) => [name, [] as Bookmark[]]))
  for (let at = 0; at < datasets.length; at += MOST) {
    const text = await ask(run, datasets.slice(at, at + MOST))
    for (const line of lines(text)) {
      const bookmark = parse(line)
      const others = found.get(bookmark.dataset)
      if (!others) throw unexpected(line)
      others.push(bookmark)
    }
  }
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
