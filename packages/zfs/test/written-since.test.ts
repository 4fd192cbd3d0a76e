import t from 'tap'
import { findCandidates } from '../src/read/changes.js'
import type { SnapshotFacts } from '../src/read/list.js'
import type { Run } from '../src/run.js'
import { writtenSince } from '../src/read/changes.js'
import { fakeZfs } from './fake-zfs.js'

const since = (...names: readonly string[]) =>
  names.map((name) => {
    const [dataset = '', snapshot = ''] = name.split('@')
    return { dataset, snapshot }
  })

const get = (snapshots: readonly string[], ...datasets: readonly string[]) =>
  `get -Hp -o name,property,value ${snapshots.map((s) => `written@${s}`).join()} ${datasets.join(' ')}`

void t.test('all in one command, each by its own snapshot', async (t) => {
  const { run, calls } = fakeZfs({
    // recorded of OpenZFS 2.3
    [get(['s1', 'two 2'], 'q/a', 'q/c', 'q/b d', 'q/gone')]:
      'q/a\twritten@s1\t0\nq/a\twritten@two 2\t7\n' +
      'q/c\twritten@s1\t4096\nq/c\twritten@two 2\t-\n' +
      'q/b d\twritten@s1\t-\nq/b d\twritten@two 2\t99\n' +
      'q/gone\twritten@s1\t5\nq/gone\twritten@two 2\t-\n',
  })
  t.strictSame(
    [...(await writtenSince(run, since('q/a@s1', 'q/b d@two 2', 'q/c@s1', 'q/gone@two 2')))],
    [
      ['q/a', 0],
      ['q/c', 4096],
      ['q/b d', 99],
    ],
    'no number where the snapshot is gone',
  )
  t.equal(calls.length, 1)
  t.equal((await writtenSince(run, [])).size, 0)
  t.equal(calls.length, 1, 'nothing to ask')
})

void t.test('the number of commands', async (t) => {
  const calls: (readonly string[])[] = []
  const run: Run = (args) => {
    calls.push(args)
    const properties = String(args[4]).split(',')
    return Promise.resolve(
      args
        .slice(5)
        .flatMap((dataset) => properties.map((p) => `${dataset}\t${p}\t1\n`))
        .join(''),
    )
  }
  const many = Array.from({ length: 500 }, (_, n) => ({
    dataset: `q/${String(n)}`,
    snapshot: `s${String(n % 50)}`,
  }))
  t.equal((await writtenSince(run, many)).size, 500)
  t.equal(calls.length, 3)
})

void t.test('datasets that are gone, and a zfs that does not tell', async (t) => {
  const { run } = fakeZfs({
    [get(['s'], 'q/a', 'q/b')]: {
      stderr: "cannot open 'q/a': dataset does not exist\n",
    },
    [get(['s'], 'q/b')]: 'q/b\twritten@s\t3\n',
  })
  t.strictSame([...(await writtenSince(run, since('q/a@s', 'q/b@s')))], [['q/b', 3]])
  const old = fakeZfs({
    [get(['s'], 'q/a')]: {
      stderr: "bad property list: invalid property 'written@s'\n",
    },
  })
  t.equal((await writtenSince(old.run, since('q/a@s'))).size, 0)
  for (const reply of [
    { stderr: 'internal error\n' },
    'q/a\twritten@s\t1K\n',
    'q/a\twritten@s\n',
  ]) {
    const bad = fakeZfs({ [get(['s'], 'q/a')]: reply })
    await t.rejects(writtenSince(bad.run, since('q/a@s')), {
      code: 'zfs-failed',
    })
  }
  await t.rejects(writtenSince(run, since('q/a@a,b')), {
    code: 'invalid-name',
  })
})

void t.test('candidates: our newest, not the newest', async (t) => {
  const facts = (dataset: string, ...snapshots: readonly string[]) =>
    [
      dataset,
      snapshots.map((snapshot): SnapshotFacts => ({
        dataset,
        snapshot,
        guid: '1',
        created: 1,
        createtxg: '1',
        referenced: 1,
        written: 1,
        userrefs: 0,
      })),
    ] as const
  const { run } = fakeZfs({
    [get(['o2'], 'q/a')]: 'q/a\twritten@o2\t17\n',
  })
  t.strictSame(
    await findCandidates(
      run,
      new Map([facts('q/a', 'o1', 'o2', 'x'), facts('q/b', 'x', 'y'), facts('q/c')]),
      { isOurs: (snapshot) => snapshot.startsWith('o') },
    ),
    [
      { dataset: 'q/a', latest: 'o2', written: 17 },
      { dataset: 'q/b', latest: undefined, written: undefined },
      { dataset: 'q/c', latest: undefined, written: undefined },
    ],
  )
})
