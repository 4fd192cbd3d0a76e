import t from 'tap'
import { createParents } from '../src/change/datasets.js'
import { fakeZfs } from './fake-zfs.js'

const list = (name: string) => `list -H -o name ${name}`
const create = (name: string) => `create -o canmount=off ${name}`
const missing = (name: string) => ({
  stderr: `cannot open '${name}': dataset does not exist\n`,
})

void t.test('what is missing, from the top down', async (t) => {
  const { run, calls } = fakeZfs({
    [list('tank/a/b c')]: missing('tank/a/b c'),
    [list('tank/a')]: missing('tank/a'),
    [list('tank')]: 'tank\n',
    [create('tank/a')]: '',
    [create('tank/a/b c')]: '',
  })
  t.strictSame(await createParents(run, 'tank/a/b c/d'), ['tank/a', 'tank/a/b c'])
  t.strictSame(calls.slice(-2), [create('tank/a'), create('tank/a/b c')])
})

void t.test('another run was faster', async (t) => {
  const { run } = fakeZfs({
    [list('tank/a')]: missing('tank/a'),
    [list('tank')]: 'tank\n',
    [create('tank/a')]: {
      stderr: "cannot create 'tank/a': dataset already exists\n",
    },
  })
  t.strictSame(await createParents(run, 'tank/a/b'), [])
})

void t.test('no pool, no permission, no parent at all', async (t) => {
  const { run } = fakeZfs({
    [list('tank')]: missing('tank'),
    [list('tank/a')]: missing('tank/a'),
  })
  await t.rejects(createParents(run, 'tank/a/b'), {
    code: 'no-such-dataset',
    message: /'tank'/,
  })
  const denied = fakeZfs({
    [list('tank/a')]: missing('tank/a'),
    [list('tank')]: 'tank\n',
    [create('tank/a')]: {
      stderr: "cannot create 'tank/a': permission denied\n",
    },
  })
  await t.rejects(createParents(denied.run, 'tank/a/b'), {
    code: 'not-permitted',
  })
  t.strictSame(await createParents(fakeZfs({}).run, 'tank'), [])
})
