/** The objects of a restore are thawed, on the fake server, without ZFS. */
import { loadStored, openContext } from '@z3/backup'
import { fakeBucket, testIo } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { ensureReadable, type Thawing } from '../src/thaw/ensure-readable.js'

const KEY = 'z3-backup/tank/data@'
const THAW = { tier: 'standard', days: 7, waits: true } as const

/** Two backups in DEEP_ARCHIVE, one with a manifest that is archived, too. */
const open = async (t: Test) => {
  const bucket = await fakeBucket()
  const { fake } = bucket
  fake.put(`${KEY}a`, 'x'.repeat(3000), { isfull: 'true', guid: '1' })
  fake.put(`${KEY}b`, 'x'.repeat(1000), { parent: 'tank/data@a', guid: '2' })
  fake.put('z3-backup/.z3/tank/data@a.json', '{}')
  fake.transition('DEEP_ARCHIVE')
  const io = testIo({ ...bucket.env, HOME: t.testdir({}), PATH: '/usr/bin', MAX_RETRIES: '3' })
  const context = await openContext({}, io, 'tank/data')
  t.teardown(async () => {
    context.store.close()
    await bucket.close()
  })
  const { snapshots } = await loadStored(context.place, {}, io.signal, () => undefined)
  const run = (more: Partial<Thawing>) =>
    ensureReadable(
      snapshots.map((object) => ({ object })),
      { context, command: 'restore', thaw: THAW, dryRun: false, signal: io.signal, ...more },
    )
  const accepted = () => fake.archives.accepted.map((line) => line.replace(KEY, '@')).sort()
  return { fake, io, run, accepted }
}

const ALL = ['@a', '@b', 'z3-backup/.z3/tank/data@a.json'].map((name) => `Standard ${name}`)

void t.test('what can be read needs nothing', async (t) => {
  const { fake, io, run } = await open(t)
  fake.transition('STANDARD')
  t.equal(await run({}), undefined)
  t.equal(io.err(), '')
})

void t.test('expedited retrieval is refused for DEEP_ARCHIVE, before any request', async (t) => {
  const { fake, run, accepted } = await open(t)
  fake.transition('GLACIER', (key) => key === `${KEY}a`)
  const thaw = { ...THAW, tier: 'expedited' } as const
  for (const dryRun of [true, false]) await t.rejects(run({ thaw, dryRun }), { code: 'usage' })
  t.strictSame(accepted(), [])
})

void t.test('another run requests an object in between', async (t) => {
  const { fake, run, accepted } = await open(t)
  fake.faults = ({ op, nth }) =>
    op === 'RestoreObject' && nth === 2
      ? { status: 409, code: 'RestoreAlreadyInProgress', done: true }
      : undefined
  await t.rejects(run({ thaw: { ...THAW, waits: false } }), {
    code: 'thawing',
    hint: /again in 12 h/,
  })
  t.strictSame(accepted(), ALL)
})

void t.test('access denied', async (t) => {
  const { fake, run } = await open(t)
  fake.faults = ({ op }) =>
    op === 'RestoreObject' ? { status: 403, code: 'AccessDenied' } : undefined
  await t.rejects(run({}), { code: 'access-denied', hint: /s3:RestoreObject/ })
})

void t.test('waiting, while the server is overloaded for a moment', async (t) => {
  const { fake, io, run, accepted } = await open(t)
  const pauses: number[] = []
  fake.faults = ({ op, nth }) =>
    op === 'HeadObject' && nth === 30 ? { status: 503, code: 'SlowDown' } : undefined
  const sleep = (milliseconds: number) => {
    pauses.push(milliseconds / 60_000)
    // four times as fast
    fake.archives.pass(milliseconds / 900_000)
    return Promise.resolve()
  }
  t.equal(await run({ sleep }), 'waited', io.err())
  t.ok(fake.requests.some(({ status }) => status === 503))
  t.strictSame([pauses[0], Math.max(...pauses)], [1, 5])
  const minutes = pauses.reduce((sum, pause) => sum + pause, 0)
  t.ok(minutes >= 3 * 60 && minutes < 3 * 60 + 10, String(minutes))
  t.strictSame(accepted(), ALL)
  t.match(io.err(), /requested 3 objects \(3\.\d+K\) \(standard\)/)
})

void t.test('a copy that expires before the others are thawed is requested again', async (t) => {
  const { fake, run, accepted } = await open(t)
  fake.transition('GLACIER', (key) => key === `${KEY}a`)
  const sleep = () => {
    fake.archives.pass(1)
    return Promise.resolve()
  }
  t.equal(await run({ thaw: { tier: 'bulk', days: 1, waits: true }, sleep }), 'waited')
  t.equal(accepted().filter((line) => line === 'Bulk @a').length, 2)
  t.equal(accepted().filter((line) => line === 'Bulk @b').length, 1)
})

void t.test('a server that accepts requests and thaws nothing', async (t) => {
  const { fake, run } = await open(t)
  fake.faults = ({ op }) => (op === 'RestoreObject' ? { status: 202 } : undefined)
  const sleep = () => Promise.resolve()
  await t.rejects(run({ sleep }), { code: 'store-rejected', message: /archived again after 3/ })
})

void t.test('the server fails in the middle of the wait, or an object is deleted', async (t) => {
  const { fake, run } = await open(t)
  const denied = () => {
    fake.faults = () => ({ status: 403, code: 'AccessDenied' })
    return Promise.resolve()
  }
  await t.rejects(run({ sleep: denied }), { code: 'access-denied' })
  fake.faults = undefined
  const gone = () => {
    fake.objects.delete(`${KEY}b`)
    return Promise.resolve()
  }
  await t.rejects(run({ sleep: gone }), { code: 'object-changed' })
})
