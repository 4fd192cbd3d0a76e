import t from 'tap'
import { estimateSend } from '../src/stream/send.js'
import type { RunOptions } from '../src/index.js'
import { fakeZfs } from './fake-zfs.js'

const one = { dataset: 'tank/a', snapshot: '-one' }
const two = { dataset: 'tank/a', snapshot: 'two 2' }

void t.test('full, incremental, with flags', async (t) => {
  const { run } = fakeZfs({
    // OpenZFS 2.3.2
    'send -nvP tank/a@-one': 'full\ttank/a@-one\t3033848\nsize\t3033848\n',
    'send -nvP -w -L -i tank/a@-one tank/a@two 2':
      'incremental\ttank/a@-one\ttank/a@two 2\t1059376\nsize\t1059376\n',
  })
  t.equal(await estimateSend(run, { snapshot: one, flags: [] }), 3033848)
  t.equal(await estimateSend(run, { snapshot: two, base: one, flags: ['L', 'w'] }), 1059376)
})

void t.test('it may come on stderr', async (t) => {
  const asked: (RunOptions | undefined)[] = []
  const size = await estimateSend(
    (_, options) => {
      asked.push(options)
      return Promise.resolve('full\ttank/a@-one\t7\nsize\t7\n')
    },
    { snapshot: one, flags: [] },
  )
  t.equal(size, 7)
  t.strictSame(asked, [{ withStderr: true }])
})

void t.test('a zfs that cannot tell', async (t) => {
  for (const letter of ['n', 'P']) {
    const { run, calls } = fakeZfs({
      'send -nvP tank/a@-one': {
        stderr: `invalid option '${letter}'\nusage:\n`,
        code: 2,
      },
    })
    t.equal(await estimateSend(run, { snapshot: one, flags: [] }), undefined)
    t.equal(await estimateSend(run, { snapshot: one, flags: [] }), undefined)
    t.equal(calls.length, 1, 'it is asked once')
  }
  for (const text of ['', 'full\ttank/a@-one\t7\n', 'size\t99999999999999999\n']) {
    const { run } = fakeZfs({ 'send -nvP tank/a@-one': text })
    t.equal(await estimateSend(run, { snapshot: one, flags: [] }), undefined)
  }
})

void t.test('a flag that it lacks, a snapshot that is gone', async (t) => {
  const { run } = fakeZfs({
    'send -nvP -w tank/a@-one': { stderr: "invalid option 'w'\n", code: 2 },
    'send -nvP tank/a@-one': {
      stderr: "cannot open 'tank/a@-one': dataset does not exist\n",
    },
  })
  await t.rejects(estimateSend(run, { snapshot: one, flags: ['w'] }), {
    code: 'zfs-failed',
    message: "zfs send exited 2: invalid option 'w'",
  })
  await t.rejects(estimateSend(run, { snapshot: one, flags: [] }), {
    code: 'no-such-snapshot',
  })
})
