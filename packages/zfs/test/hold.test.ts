import t from 'tap'
import { hold, release } from '../src/change/keep.js'
import { listHolds } from '../src/read/list.js'
import { fakeZfs } from './fake-zfs.js'

const one = { dataset: 'tank/a b', snapshot: 'one' }

void t.test('what is so already is no failure, all else is', async (t) => {
  const held = fakeZfs({
    'hold z3:t tank/a b@one': {
      stderr: "cannot hold snapshot 'tank/a b@one': tag already exists on this dataset\n",
    },
    'release z3:t tank/a b@one': {
      stderr: "cannot release hold from snapshot 'tank/a b@one': no such tag on this dataset\n",
    },
  })
  await t.resolves(hold(held.run, 'z3:t', one))
  await t.resolves(release(held.run, 'z3:t', one))
  const denied = fakeZfs({
    'hold z3:t tank/a b@one': { stderr: 'cannot hold: permission denied\n' },
    'release z3:t tank/a b@one': {
      stderr: 'cannot release: permission denied\n',
    },
  })
  await t.rejects(hold(denied.run, 'z3:t', one), { code: 'not-permitted' })
  await t.rejects(release(denied.run, 'z3:t', one), { code: 'not-permitted' })
})

void t.test('a list, in commands of a bearable length', async (t) => {
  const snapshots = Array.from({ length: 1001 }, (_, i) => ({
    dataset: 'tank/a b',
    snapshot: `s${String(i)}`,
  }))
  const asked: (readonly string[])[] = []
  const holds = await listHolds((args) => {
    asked.push(args)
    const names = args.slice(2)
    return Promise.resolve(`${String(names.at(-1))}\tz3 tag\tSun Nov 22 16:49 2026\n`)
  }, snapshots)
  t.strictSame(
    asked.map((args) => args.length),
    [1002, 3],
  )
  t.strictSame(
    holds,
    [999, 1000].map((i) => ({ snapshot: snapshots[i], tag: 'z3 tag' })),
  )
  const two = { ...one, snapshot: 'two' }
  const gone = fakeZfs({
    'holds -H tank/a b@one tank/a b@two': {
      stderr: "cannot open 'tank/a b@one': dataset does not exist\n",
    },
    'holds -H tank/a b@two': 'tank/a b@two\tt\tSun\n',
  })
  t.strictSame(await listHolds(gone.run, [one, two]), [{ snapshot: two, tag: 't' }])
  const odd = fakeZfs({ 'holds -H tank/a b@one': 'tank/a b\tt\tSun\n' })
  await t.rejects(listHolds(odd.run, [one]), { code: 'zfs-failed' })
})
