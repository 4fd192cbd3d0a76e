import type { Bookmark, KeepCommon } from '@z3/core'
import { PoolEndpoint } from '@z3/replicate'
import type { Run } from '@z3/zfs'
import t from 'tap'
import { keepCommon } from '../src/keep-common.js'
import type { Side } from '../src/side.js'

const snapshot = {
  dataset: 'tank/a',
  snapshot: 'b-1',
  guid: '7',
  created: 1,
  createtxg: '10',
}

/** @returns the commands that changed something, and the bookmarks in the end */
const keep = async (
  how: KeepCommon,
  bookmarks: readonly Bookmark[],
): Promise<{ commands: readonly string[]; names: readonly string[] }> => {
  const commands: string[] = []
  const change: Run = (args) => {
    commands.push(args.join(' '))
    return Promise.resolve('')
  }
  const side = new PoolEndpoint({ run: change } as Side['host'])
  const left = await keepCommon(snapshot, {
    keep: how,
    holdTag: 'tag',
    source: side,
    target: side,
    targetDataset: 'copy/a',
    targetGuid: '99',
    sourceHolds: new Map(),
    targetHolds: new Map(),
    bookmarks,
  })
  return {
    commands,
    names: left.map(({ bookmark, guid }) => `${bookmark} ${guid}`),
  }
}

void t.test("the source's base comes first", async (t) => {
  t.strictSame((await keep('bookmark', [])).commands, [
    'bookmark tank/a@b-1 tank/a#b-1_99',
    'hold tag copy/a@b-1',
  ])
  t.strictSame((await keep('hold', [])).commands, ['hold tag tank/a@b-1', 'hold tag copy/a@b-1'])
  t.strictSame((await keep('none', [])).commands, [])
})

void t.test('a bookmark of that name may be of another snapshot', async (t) => {
  const mark = { ...snapshot, bookmark: 'b-1_99' }
  const same = await keep('bookmark', [mark])
  t.strictSame(same.commands, ['hold tag copy/a@b-1'])
  const other = await keep('bookmark', [{ ...mark, guid: '6' }])
  t.strictSame(other.commands, [
    'destroy tank/a#b-1_99',
    'bookmark tank/a@b-1 tank/a#b-1_99',
    'hold tag copy/a@b-1',
  ])
  t.strictSame(other.names, ['b-1_99 7'])
})
