import { learn, recall, withOptions } from '../capabilities.js'
import type { Run } from '../run.js'
import { invalidOption, invalidProperty, stderrOf } from '../zfs-error.js'
import { columns, lines, unexpected, type Row } from './ask.js'

// Workarounds for OpenZFS before 2.0 and for zfs-fuse, on which `scripts/demo` runs z3: every zfs
// is first queried as if it supported everything, and the alternative is used once it refuses.

/**
 * Without -p, `zfs list` rounds a guid to 8.61E. `zfs get -p` does not, but also lists the dataset
 * and its children, one line per property.
 */
export async function getSnapshotRows(
  run: Run,
  dataset: string,
  properties: readonly string[],
): Promise<readonly Row[]> {
  const text = await run([
    ...['get', '-Hp', '-r', '-d', '1', '-o', 'name,property,value', properties.join()],
    dataset,
  ])
  const rows = new Map<string, { values: Record<string, string>; line: string }>()
  for (const line of lines(text)) {
    const [name = '', property = '', value = ''] = columns(line, 3)
    if (!name.includes('@')) continue
    const row = rows.get(name) ?? { values: {}, line }
    if (property in row.values) throw unexpected(line)
    row.values[property] = value
    rows.set(name, row)
  }
  return Array.from(rows, ([name, row]) => ({ name, ...row }))
}

/** Key under which the lack of bookmarks is remembered. */
const BOOKMARKS = 'list -t bookmark'

/** Read bookmarks; none if this zfs has no bookmarks. */
export async function withoutBookmarks(
  run: Run,
  read: () => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  if (recall(run, BOOKMARKS) === false) return []
  try {
    return await read()
  } catch (error) {
    // `list -p` predates bookmarks
    const old =
      invalidOption(error) === 'p' || /^invalid type 'bookmark'$/m.test(stderrOf(error) ?? '')
    if (!old) throw error
    learn(run, BOOKMARKS, false)
    return []
  }
}

/** `zfs get` of filesystems and volumes. Without -t, it includes snapshots. */
export function withTypes(
  run: Run,
  get: (types: readonly string[]) => Promise<string>,
): Promise<string> {
  return withOptions(
    run,
    'get',
    't',
    () => get(['-t', 'filesystem,volume']),
    () => get([]),
  )
}

/**
 * Query properties, leaving out those that this zfs does not know: zfs names the first unknown one,
 * and each retry leaves out one more.
 *
 * @returns undefined if it knows none
 */
export async function withKnownProperties<T>(
  run: Run,
  names: readonly string[],
  ask: (known: readonly string[]) => Promise<T>,
): Promise<T | undefined> {
  const known = names.filter((name) => recall(run, `get ${name}`) !== false)
  if (known.length === 0) return undefined
  try {
    return await ask(known)
  } catch (error) {
    const unknown = invalidProperty(error)
    if (unknown === undefined || !known.includes(unknown)) throw error
    learn(run, `get ${unknown}`, false)
    return withKnownProperties(run, known, ask)
  }
}
