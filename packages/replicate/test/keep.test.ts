import type { Bookmark, KeepCommon } from '@z3/core'
import type { Host, Run } from '@z3/zfs'
import t from 'tap'
import { keepBase, keepOnBoth, PoolEndpoint } from '../src/index.js'

const snapshot = {
  dataset: 'tank/a',
  snapshot: 'b-1',
  guid: '7',
  created: 1,
  createtxg: '10',
}

/**
 * @param there of the source, as zfs lists them
 * @param made by another run right before ours
 * @returns the commands that changed something, and the bookmarks in the end
 */
const keep = async (
  how: KeepCommon,
  there: readonly Bookmark[],
  { replace = true, made }: { replace?: boolean; made?: Bookmark } = {},
): Promise<{ commands: readonly string[]; names: readonly string[] }> => {
  const commands: string[] = []
  let listed = there
  const run: Run = (args) => {
    if (args[0] === 'list') {
      const rows = listed.map(({ dataset, bookmark, guid, created, createtxg }) =>
        [`${dataset}#${bookmark}`, guid, created, createtxg].join('\t'),
      )
      return Promise.resolve(rows.map((row) => `${row}\n`).join(''))
    }
    commands.push(args.join(' '))
    if (args[0] === 'bookmark' && made) {
      listed = [made]
      return Promise.reject(new Error('bookmark exists'))
    }
    return Promise.resolve('')
  }
  const pool = new PoolEndpoint({ run } as Host)
  await pool.readBookmarks('tank/a')
  await keepBase(pool, snapshot, { keep: how, holdTag: 'tag', bookmark: 'b-1_99', replace })
  const left = pool.find('tank/a')?.bookmarks ?? []
  return { commands, names: left.map(({ bookmark, guid }) => `${bookmark} ${guid}`) }
}

void t.test('a base is kept by what was asked for', async (t) => {
  t.strictSame((await keep('bookmark', [])).commands, ['bookmark tank/a@b-1 tank/a#b-1_99'])
  t.strictSame((await keep('hold', [])).commands, ['hold tag tank/a@b-1'])
  t.strictSame((await keep('none', [])).commands, [])
})

void t.test("the source's base comes first", async (t) => {
  const both = async (how: KeepCommon): Promise<readonly string[]> => {
    const commands: string[] = []
    const run: Run = (args) => {
      commands.push(args.join(' '))
      return Promise.resolve('')
    }
    const pool = new PoolEndpoint({ run } as Host)
    const policy = { keep: how, holdTag: 'tag', bookmark: 'b-1_99', replace: true }
    await keepOnBoth(snapshot, { source: pool, target: pool, to: 'copy/a' }, policy)
    return commands
  }
  t.strictSame(await both('bookmark'), ['bookmark tank/a@b-1 tank/a#b-1_99', 'hold tag copy/a@b-1'])
  t.strictSame(await both('hold'), ['hold tag tank/a@b-1', 'hold tag copy/a@b-1'])
  t.strictSame(await both('none'), [])
})

void t.test('a bookmark of that name may be of another snapshot', async (t) => {
  const mark = { ...snapshot, bookmark: 'b-1_99' }
  const same = await keep('bookmark', [mark])
  t.strictSame(same.commands, [])
  const foreign = { ...mark, guid: '6' }
  const other = await keep('bookmark', [foreign])
  t.strictSame(other.commands, ['destroy tank/a#b-1_99', 'bookmark tank/a@b-1 tank/a#b-1_99'])
  t.strictSame(other.names, ['b-1_99 7'])
  const kept = await keep('bookmark', [foreign], { replace: false })
  t.strictSame(kept.commands, [], 'what is not known to be ours stays')
})

void t.test('another run may be faster', async (t) => {
  const mark = { ...snapshot, bookmark: 'b-1_99' }
  t.strictSame((await keep('bookmark', [], { made: mark })).names, ['b-1_99 7'])
  await t.rejects(keep('bookmark', [], { made: { ...mark, guid: '6' } }), /bookmark exists/)
})
