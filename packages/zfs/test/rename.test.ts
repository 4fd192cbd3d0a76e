import t from 'tap'
import { renameDataset } from '../src/change/datasets.js'
import { fakeZfs } from './fake-zfs.js'

/** zfs-fuse 0.7 when a file is where it would mount, exit 1. */
const notMounted = {
  stderr:
    "cannot mount 'tank/b': Input/output error.\nMake sure the FUSE module is loaded.\ncannot mount '/tank/b/c1': failed to create mountpoint\n",
}
const gone = (name: string) => ({
  stderr: `cannot open '${name}': dataset does not exist\n`,
})

void t.test('renamed', async (t) => {
  const { run, calls } = fakeZfs({ 'rename tank/a tank/b': '' })
  t.strictSame(await renameDataset(run, 'tank/a', 'tank/b'), [])
  t.strictSame(calls, ['rename tank/a tank/b'])
})

void t.test('renamed, and not mounted', async (t) => {
  const said =
    "cannot mount 'tank/b': Not a directory\ncannot mount '/tank/b/c1': failed to create mountpoint: Not a directory\n"
  const { run } = fakeZfs({ 'rename tank/a tank/b': said })
  t.strictSame(await renameDataset(run, 'tank/a', 'tank/b'), said.trim().split('\n'))
})

void t.test('an old zfs calls that a failure', async (t) => {
  const { run } = fakeZfs({
    'rename tank/a tank/b': notMounted,
    'list -H -o name tank/a': gone('tank/a'),
    'list -H -o name tank/b': 'tank/b\n',
  })
  t.strictSame(await renameDataset(run, 'tank/a', 'tank/b'), notMounted.stderr.trim().split('\n'))
})

void t.test('a failure that renamed nothing', async (t) => {
  const here = {
    'list -H -o name tank/a': 'tank/a\n',
    'list -H -o name tank/b': gone('tank/b'),
  }
  const still = fakeZfs({ 'rename tank/a tank/b': notMounted, ...here })
  await t.rejects(renameDataset(still.run, 'tank/a', 'tank/b'), {
    code: 'zfs-failed',
    message: /cannot mount/,
  })
  const both = fakeZfs({
    'rename tank/a tank/b': notMounted,
    'list -H -o name tank/a': 'tank/a\n',
    'list -H -o name tank/b': 'tank/b\n',
  })
  await t.rejects(renameDataset(both.run, 'tank/a', 'tank/b'), {
    code: 'zfs-failed',
  })
  const busy = fakeZfs({
    'rename tank/a tank/b': {
      stderr: "cannot unmount '/tank/a/c2': pool or dataset is busy\n",
    },
  })
  await t.rejects(renameDataset(busy.run, 'tank/a', 'tank/b'), {
    code: 'zfs-failed',
    message: /busy/,
  })
  t.equal(busy.calls.length, 1)
  const taken = fakeZfs({
    'rename tank/a tank/b': {
      stderr: "cannot rename 'tank/a': dataset already exists\n",
    },
  })
  await t.rejects(renameDataset(taken.run, 'tank/a', 'tank/b'), {
    code: 'dataset-exists',
  })
})

void t.test('busy for a moment', async (t) => {
  const stderr = "cannot rename 'tank/a': dataset is busy\n"
  const fake = fakeZfs({ 'rename tank/a tank/b': { stderr } })
  let busy = 2
  t.strictSame(
    await renameDataset(
      (args) => (busy-- > 0 ? fake.run(args) : Promise.resolve('')),
      'tank/a',
      'tank/b',
    ),
    [],
  )
  t.equal(fake.calls.length, 2)
  await t.rejects(renameDataset(fake.run, 'tank/a', 'tank/b'), {
    code: 'zfs-failed',
    message: /dataset is busy/,
  })
  t.equal(fake.calls.length, 2 + 5, 'and no longer than that')
})

void t.test('names are checked', async (t) => {
  const { run, calls } = fakeZfs({})
  for (const [from, to] of [
    ['-u', 'tank/b'],
    ['tank/a', '-u'],
    ['tank/a@x', 'tank/a@y'],
  ] as const) {
    await t.rejects(renameDataset(run, from, to), { code: 'invalid-name' })
  }
  t.strictSame(calls, [])
})
