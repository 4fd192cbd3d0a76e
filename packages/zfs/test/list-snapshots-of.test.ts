import t from 'tap'
import { listSnapshotsOf } from '../src/read/list.js'
import type { Run } from '../src/run.js'
import { zfsError } from '../src/zfs-error.js'
import { fakeZfs } from './fake-zfs.js'

const list = (...datasets: readonly string[]): string =>
  `list -Hp -t snapshot -d 1 -o name,guid,creation,referenced,createtxg,written,userrefs,clones -s createtxg ${datasets.join(' ')}`

const gone = (...datasets: readonly string[]): string =>
  datasets.map((dataset) => `cannot open '${dataset}': dataset does not exist\n`).join('')

void t.test('of several, each the oldest first', async (t) => {
  const { run, calls } = fakeZfs({
    [list('q/a', 'q/none', 'q/with b')]:
      `q/with b@two 2\t9\t1795376760\t24576\t18446744073709551615\t24\t0\t
q/a@s1\t14807172728133425845\t1795376760\t24576\t15\t24576\t2\tq/clone,q/other one
q/with b@one\t8\t1795376761\t1\t18446744073709551614\t5\t1\t-
q/a@s2\t7\t1795376760\t24577\t100\t1\t0\tq/a/%recv
`,
  })
  const snapshots = await listSnapshotsOf(run, ['q/a', 'q/none', 'q/with b'])
  t.strictSame(
    [...snapshots].map(([dataset, found]) => [dataset, ...found.map(({ snapshot }) => snapshot)]),
    [['q/a', 's1', 's2'], ['q/none'], ['q/with b', 'one', 'two 2']],
  )
  t.strictSame(snapshots.get('q/a')?.[0], {
    dataset: 'q/a',
    snapshot: 's1',
    guid: '14807172728133425845',
    created: 1795376760,
    referenced: 24576,
    createtxg: '15',
    written: 24576,
    userrefs: 2,
    hasClones: true,
  })
  t.strictSame(
    [...snapshots.values()].flat().map(({ hasClones }) => hasClones),
    [true, false, false, false],
  )
  t.equal(calls.length, 1)
})

void t.test('those that are gone cost nobody else', async (t) => {
  const { run, calls } = fakeZfs({
    [list('q/a', 'q/x', 'q/y', 'q/b', 'q/z')]: { stderr: gone('q/x', 'q/y') },
    // another one meanwhile
    [list('q/a', 'q/b', 'q/z')]: { stderr: gone('q/z') },
    [list('q/a', 'q/b')]: 'q/a@s\t1\t2\t3\t4\t5\t6\t\n',
    [list('q/x')]: { stderr: gone('q/x') },
  })
  const found = await listSnapshotsOf(run, ['q/a', 'q/x', 'q/y', 'q/b', 'q/z'])
  t.strictSame([...found.keys()], ['q/a', 'q/b'])
  t.equal(found.get('q/a')?.length, 1)
  t.equal(calls.length, 3)
  t.equal((await listSnapshotsOf(run, ['q/x'])).size, 0)
  t.equal(calls.length, 4, 'a command without names would list the host')
  t.equal((await listSnapshotsOf(run, [])).size, 0)
  t.equal(calls.length, 4)
})

void t.test('other failures are failures', async (t) => {
  for (const stderr of [
    "cannot open 'q/a': permission denied\n",
    gone('q/other'),
    `${gone('q/a')}Segmentation fault\n`,
    '',
  ]) {
    const { run } = fakeZfs({
      [list('q/a', 'q/b')]: { stderr },
      // what it would come to if the failure were taken for nothing
      [list('q/b')]: { stderr: 'internal error\n' },
    })
    await t.rejects(listSnapshotsOf(run, ['q/a', 'q/b']), { code: /./ }, stderr)
  }
})

void t.test('as many at once as a command line takes', async (t) => {
  const asked: (readonly string[])[] = []
  const run: Run = (args) => {
    asked.push(args.slice(10))
    return Promise.resolve('')
  }
  const short = Array.from({ length: 2500 }, (_, n) => `q/${String(n)}`)
  t.strictSame([...(await listSnapshotsOf(run, short)).keys()], short)
  t.strictSame(
    asked.map(({ length }) => length),
    [1000, 1000, 500],
  )
  t.strictSame(asked.flat(), short)
  asked.length = 0
  const long = Array.from({ length: 1200 }, (_, n) => `q/${'x'.repeat(240)}${String(n)}`)
  t.strictSame([...(await listSnapshotsOf(run, long)).keys()], long)
  t.strictSame(asked.flat(), long)
  for (const words of asked) {
    t.ok(words.join(' ').length < 100_000, String(words.length))
  }
})

void t.test('a line that is not understood is an error', async (t) => {
  for (const line of [
    'q/a@s\t1\t2\t3\t4\t5\t6',
    'q/a@s\t1\t2\t3\t4\t5\t6\tc\t8',
    'q/a@s\t1\t2\t3\t4\t5K\t6\t',
    'q/a@s\t1\t2\t3\t4\t-\t6\t',
    'q/b@s\t1\t2\t3\t4\t5\t6\t',
    'q/a\t1\t2\t3\t4\t5\t6\t',
  ]) {
    const { run } = fakeZfs({ [list('q/a')]: `${line}\n` })
    await t.rejects(listSnapshotsOf(run, ['q/a']), {
      code: 'zfs-failed',
      message: `unexpected line from zfs: ${JSON.stringify(line)}`,
    })
  }
  const { run, calls } = fakeZfs({})
  await t.rejects(listSnapshotsOf(run, ['q/a', '-r']), {
    code: 'invalid-name',
  })
  t.strictSame(calls, [])
})

void t.test('a zfs without list -p: one by one', async (t) => {
  const calls: string[] = []
  const run: Run = (args) => {
    calls.push(String(args[0]))
    const dataset = String(args.at(-1))
    const fail = (stderr: string) =>
      Promise.reject(zfsError({ args, stderr, code: 2, signal: null, user: 'x' }))
    if (args[0] === 'list') return fail("invalid option 'p'\n")
    if (dataset === 'q/x') return fail(gone('q/x'))
    const name = `${dataset}@s`
    return Promise.resolve(
      `${name}\tguid\t1\n${name}\tcreation\t2\n${name}\treferenced\t3\n${name}\tcreatetxg\t4\n`,
    )
  }
  const found = await listSnapshotsOf(run, ['q/a', 'q/x', 'q/b'])
  t.strictSame([...found.keys()], ['q/a', 'q/b'])
  t.strictSame(found.get('q/b'), [
    {
      dataset: 'q/b',
      snapshot: 's',
      guid: '1',
      created: 2,
      createtxg: '4',
      referenced: 3,
      written: Infinity,
      userrefs: Infinity,
    },
  ])
  t.strictSame(calls, ['list', 'get', 'get', 'get'])
})
