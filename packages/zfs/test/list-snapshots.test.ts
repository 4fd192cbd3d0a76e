import t from 'tap'
import { listSnapshots } from '../src/read/list.js'
import { fakeZfs } from './fake-zfs.js'

const list = (dataset: string): string =>
  `list -Hp -t snapshot -d 1 -o name,guid,creation,referenced,createtxg -s createtxg ${dataset}`
const get = (dataset: string): string =>
  `get -Hp -r -d 1 -o name,property,value guid,creation,referenced,createtxg ${dataset}`

/** zfs-fuse 0.7 */
const noP = {
  stderr:
    "invalid option 'p'\nusage:\n\tlist [-rH][-d max] [-o property[,...]] [-t type[,...]] [-s property] ...\n",
  code: 2,
}

/** OpenZFS 2.3.2 */
const recorded = `z3testrec/a@-one\t6723214680357056285\t1795362812\t3043328\t11
z3testrec/a@two 2\t13131211145006342106\t1795362812\t4047360\t13
`

void t.test('oldest first, guids in full', async (t) => {
  const { run, calls } = fakeZfs({ [list('z3testrec/a')]: recorded })
  t.strictSame(await listSnapshots(run, 'z3testrec/a'), [
    {
      dataset: 'z3testrec/a',
      snapshot: '-one',
      guid: '6723214680357056285',
      created: 1795362812,
      createtxg: '11',
      referenced: 3043328,
    },
    {
      dataset: 'z3testrec/a',
      snapshot: 'two 2',
      guid: '13131211145006342106',
      created: 1795362812,
      createtxg: '13',
      referenced: 4047360,
    },
  ])
  t.equal(calls.length, 1)
})

void t.test('by transaction group, as a number, not by creation', async (t) => {
  const { run } = fakeZfs({
    [list('tank')]:
      'tank@c\t3\t100\t1\t18446744073709551615\n' +
      'tank@b\t2\t300\t1\t18446744073709551614\n' +
      'tank@a\t1\t200\t1\t9\n',
  })
  const names = await listSnapshots(run, 'tank')
  t.strictSame(
    names.map(({ snapshot }) => snapshot),
    ['a', 'b', 'c'],
  )
})

void t.test('none', async (t) => {
  const { run } = fakeZfs({ [list('tank')]: '' })
  t.strictSame(await listSnapshots(run, 'tank'), [])
})

void t.test('a zfs without list -p', async (t) => {
  // zfs-fuse 0.7, with a child and its snapshot
  const { run, calls } = fakeZfs({
    [list('tank/a')]: noP,
    [get('tank/a')]: `tank/a\tguid\t7346488351981784583
tank/a\tcreation\t1795362814
tank/a\treferenced\t4202496
tank/a\tcreatetxg\t6
tank/a@two 2\tguid\t13289903565610787737
tank/a@two 2\tcreation\t1795362814
tank/a@two 2\treferenced\t4202496
tank/a@two 2\tcreatetxg\t25
tank/a@-one\tguid\t9929352182526255760
tank/a@-one\tcreation\t1795362814
tank/a@-one\treferenced\t3145728
tank/a@-one\tcreatetxg\t15
tank/a/child\tguid\t1
tank/a/child\tcreation\t1795362814
tank/a/child\treferenced\t1
tank/a/child\tcreatetxg\t7
`,
  })
  const snapshots = [
    {
      dataset: 'tank/a',
      snapshot: '-one',
      guid: '9929352182526255760',
      created: 1795362814,
      createtxg: '15',
      referenced: 3145728,
    },
    {
      dataset: 'tank/a',
      snapshot: 'two 2',
      guid: '13289903565610787737',
      created: 1795362814,
      createtxg: '25',
      referenced: 4202496,
    },
  ]
  t.strictSame(await listSnapshots(run, 'tank/a'), snapshots)
  t.strictSame(await listSnapshots(run, 'tank/a'), snapshots)
  t.strictSame(calls, [list('tank/a'), get('tank/a'), get('tank/a')])
})

void t.test('no such dataset, with either zfs', async (t) => {
  const gone = { stderr: "cannot open 'tank/x': dataset does not exist\n" }
  const error = {
    code: 'no-such-dataset',
    message: "dataset 'tank/x' does not exist",
  }
  const { run } = fakeZfs({ [list('tank/x')]: gone })
  await t.rejects(listSnapshots(run, 'tank/x'), error)
  const old = fakeZfs({ [list('tank/x')]: noP, [get('tank/x')]: gone })
  await t.rejects(listSnapshots(old.run, 'tank/x'), error)
})

void t.test('a name that is none never reaches zfs', async (t) => {
  const { run, calls } = fakeZfs({})
  for (const name of ['-r', 'tank@a', "tank/it's", '', 'tank/a\nb']) {
    await t.rejects(listSnapshots(run, name), { code: 'invalid-name' }, name)
  }
  t.strictSame(calls, [])
})

void t.test('a line that is not understood is an error', async (t) => {
  for (const line of [
    'tank/a@x\t1\t2\t3',
    'tank/a@x\t1\t2\t3\t4\t5',
    'tank/a@x\t1.5E\t2\t3\t4',
    'tank/a@x\t1\tMon Jan 1\t3\t4',
    'tank/a@x\t1\t2\t-\t4',
    'tank/a@x\t1\t2\t3\t-4',
    'tank/a@x\t\t2\t3\t4',
    'tank/a@\t1\t2\t3\t4',
    'tank/a@x@y\t1\t2\t3\t4',
    'tank/a\t1\t2\t3\t4',
    'tank/b@x\t1\t2\t3\t4',
    'tank/a/child@x\t1\t2\t3\t4',
    'tank/a@\u001b[31m\t1\t2\t3\t4',
    'garbage',
  ]) {
    const { run } = fakeZfs({
      [list('tank/a')]: `tank/a@ok\t1\t2\t3\t4\n${line}\n`,
    })
    await t.rejects(
      listSnapshots(run, 'tank/a'),
      {
        code: 'zfs-failed',
        message: `unexpected line from zfs: ${JSON.stringify(line)}`,
      },
      line,
    )
  }
})

void t.test('so it is with an old zfs', async (t) => {
  const whole = 'tank@x\tguid\t1\ntank@x\tcreation\t2\ntank@x\treferenced\t3\n'
  for (const text of [
    // a property that is not there, one that is there twice, no columns
    whole,
    `${whole}tank@x\tguid\t1\ntank@x\tcreatetxg\t4\n`,
    `${whole}tank@x\tcreatetxg\n`,
    `${whole}tank@x\tcreatetxg\t4\t5\n`,
    `${whole}tank@x\tcreatetxg\t1K\n`,
  ]) {
    const { run } = fakeZfs({ [list('tank')]: noP, [get('tank')]: text })
    await t.rejects(listSnapshots(run, 'tank'), { code: 'zfs-failed' }, text)
  }
})
