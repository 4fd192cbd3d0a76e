import t from 'tap'
import { listBookmarks } from '../src/read/list.js'
import { fakeZfs } from './fake-zfs.js'

const LIST = 'list -Hp -t bookmark -d 1 -o name,guid,creation,createtxg -s createtxg tank/a b'

void t.test('each with what it was made of', async (t) => {
  const { run } = fakeZfs({
    [LIST]:
      'tank/a b#one\t11575234020214113672\t1795366149\t10\ntank/a b#t w:o\t7\t1795366150\t11\n',
  })
  t.strictSame(await listBookmarks(run, 'tank/a b'), [
    {
      dataset: 'tank/a b',
      bookmark: 'one',
      guid: '11575234020214113672',
      created: 1795366149,
      createtxg: '10',
    },
    {
      dataset: 'tank/a b',
      bookmark: 't w:o',
      guid: '7',
      created: 1795366150,
      createtxg: '11',
    },
  ])
})

void t.test('a zfs that has none', async (t) => {
  for (const stderr of ["invalid type 'bookmark'\nusage:\n", "invalid option 'p'\nusage:\n"]) {
    const { run, calls } = fakeZfs({ [LIST]: { stderr, code: 2 } })
    t.strictSame(await listBookmarks(run, 'tank/a b'), [])
    t.strictSame(await listBookmarks(run, 'tank/a b'), [])
    t.equal(calls.length, 1, 'it is asked once')
  }
})

void t.test('no such dataset, and what zfs does not print', async (t) => {
  const { run } = fakeZfs({
    [LIST]: { stderr: "cannot open 'tank/a b': dataset does not exist\n" },
  })
  await t.rejects(listBookmarks(run, 'tank/a b'), { code: 'no-such-dataset' })
  await t.rejects(listBookmarks(run, 'tank/$(id)'), { code: 'invalid-name' })
  for (const line of [
    'tank/other#x\t1\t2\t3',
    'tank/a b@x\t1\t2\t3',
    'tank/a b#\t1\t2\t3',
    'tank/a b#x\t1\t2',
    'tank/a b#x\t-\t2\t3',
    'tank/a b#x\t1\t2\t8.61E',
  ]) {
    const odd = fakeZfs({ [LIST]: `${line}\n` })
    await t.rejects(
      listBookmarks(odd.run, 'tank/a b'),
      { code: 'zfs-failed', message: /^unexpected line from zfs: / },
      line,
    )
  }
})
