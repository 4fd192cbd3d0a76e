import t from 'tap'
import { checkSnapshotProperties, checkSnapshots, takeSnapshots } from '../src/change/snapshots.js'
import { limitWords } from '../src/read/ask.js'
import { fakeZfs } from './fake-zfs.js'

const name = (dataset: string, snapshot = 's') => ({ dataset, snapshot })

void t.test('one command', async (t) => {
  const line = 'snapshot -o a:b=1 -o c:d=x=y q@s q/a b@s'
  const { run, calls } = fakeZfs({ [line]: '' })
  await takeSnapshots(run, [name('q'), name('q/a b')], ['a:b=1', 'c:d=x=y'])
  t.strictSame(calls, [line])
})

void t.test('a name that is there already', async (t) => {
  const { run } = fakeZfs({
    'snapshot q@s q/a@s': {
      stderr: "cannot create snapshot 'q/a@s': dataset already exists\nno snapshots were created\n",
    },
  })
  await t.rejects(takeSnapshots(run, [name('q'), name('q/a')]), {
    code: 'zfs-failed',
    message: /cannot create snapshot 'q\/a@s': dataset already exists/,
    hint: /No snapshot of this pool was taken/,
  })
})

void t.test('a zfs that takes one at a time', async (t) => {
  const { run } = fakeZfs({
    'snapshot q@s q/a@s': { stderr: 'too many arguments\nusage:\n' },
  })
  await t.rejects(takeSnapshots(run, [name('q'), name('q/a')]), {
    code: 'zfs-failed',
    message: 'this zfs takes one snapshot at a time, but 2 are required at the same instant',
  })
})

void t.test('not permitted: what would do', async (t) => {
  const { run } = fakeZfs({
    'snapshot -o a:b=x@y q/a@s q/a/b@s': {
      stderr: "cannot create snapshot 'q/a@s': permission denied\n",
    },
    'snapshot q/a@s q/b@s': {
      stderr: 'cannot create snapshots : permission denied\n',
    },
  })
  await t.rejects(takeSnapshots(run, [name('q/a'), name('q/a/b')], ['a:b=x@y']), {
    code: 'not-permitted',
    hint: /zfs allow -u backup snapshot,mount,userprop q\/a$/,
  })
  await t.rejects(takeSnapshots(run, [name('q/a'), name('q/b')]), {
    code: 'not-permitted',
    hint: /zfs allow -u backup snapshot,mount q$/,
  })
})

void t.test('more than a command line takes', async (t) => {
  const { run, calls } = fakeZfs({})
  const names = Array.from({ length: 2000 }, (_, n) => name(`q/${'x'.repeat(100)}${String(n)}`))
  t.doesNotThrow(() => {
    checkSnapshots(run, names)
  }, 'here there is room for them')
  limitWords(run, 120_000)
  await t.rejects(takeSnapshots(run, names), {
    code: 'usage',
    message:
      /^2000 snapshots of pool 'q' exceed one zfs command: their names need \d{6} bytes, the limit is 120000$/,
  })
  t.strictSame(calls, [])
})

void t.test('what is never asked of zfs', async (t) => {
  const { run, calls } = fakeZfs({})
  for (const bad of [name('q', 'a/b'), name('-r'), name('q', 'x'.repeat(255))])
    await t.rejects(takeSnapshots(run, [bad]), { code: 'invalid-name' })
  await t.rejects(takeSnapshots(run, []), RangeError)
  await t.rejects(takeSnapshots(run, [name('q'), name('r')]), RangeError)
  t.strictSame(calls, [])
})

void t.test('properties', (t) => {
  t.doesNotThrow(() => {
    checkSnapshotProperties(['a:b=', 'a:c=x y=z', '_:1=-'])
  })
  for (const bad of ['a=b', 'a:b', 'A:b=c', '', '=x', '-a:b=c', 'a b:c=d'])
    t.throws(
      () => {
        checkSnapshotProperties([bad])
      },
      {
        code: 'usage',
        message: `${JSON.stringify(bad)} cannot be set on a snapshot`,
      },
    )
  t.throws(
    () => {
      checkSnapshotProperties(['a:b=1', 'a:b=2'])
    },
    { message: "'a:b' is set twice" },
  )
  t.end()
})
