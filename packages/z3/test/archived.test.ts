/** Backups in an archive: what is shown and verified, without ZFS. */
import { continuationKey, formatObjectLimit, OBJECT_LIMIT } from '@z3/core'
import { fakeBucket, testIo } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'

const KEY = 'z3-backup/tank/data@'
const FULL = { isfull: 'true', guid: '1', created: '1767000000' }
const INCREMENT = { parent: 'tank/data@a', guid: '2', created: '1767003600' }

const open = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const env = { ...bucket.env, HOME: t.testdir({}), SNAPSHOT_PREFIX: '', MAX_RETRIES: '1' }
  const z3 = async (...args: readonly string[]) => {
    fake.requests.length = 0
    const io = testIo(env)
    const code = await main(args, io)
    return { code, stdout: io.out(), stderr: io.err() }
  }
  const requests = (op: string) => fake.requests.filter((request) => request.op === op)
  const thaw = async (key: string) => {
    const url = `${fake.endpoint}/bucket/${encodeURIComponent(key)}?restore`
    const { status } = await fetch(url, { method: 'POST', body: '<Days>2</Days>' })
    t.equal(status, 202)
  }
  return { fake, z3, requests, thaw, bucket }
}

interface Status {
  readonly problems: readonly string[]
  readonly snapshots: readonly {
    readonly health: string
    readonly archive?: string
    readonly storage_class?: string
    readonly thawed_until?: number
  }[]
}

void t.test('status', async (t) => {
  const { fake, z3, requests, thaw } = await open(t)
  fake.put(`${KEY}a`, 'x'.repeat(2000), FULL)
  fake.put(`${KEY}b`, 'x'.repeat(1000), INCREMENT)
  const status = async () => {
    const { code, stdout, stderr } = await z3('status', '--json', 'tank/data')
    t.equal(code, 0, stderr)
    return (JSON.parse(stdout) as Status).snapshots
  }

  fake.transition('GLACIER_IR')
  await status()
  const warm = await z3('status', 'tank/data')
  t.notMatch(warm.stdout, 'ARCHIVE')
  t.equal(requests('HeadObject').length, 0, 'no HEAD where nothing is archived')

  fake.transition('GLACIER')
  t.match(await status(), [
    { health: 'ok', archive: 'archived', storage_class: 'GLACIER' },
    { health: 'ok', archive: 'archived', storage_class: 'GLACIER' },
  ])
  t.equal(requests('HeadObject').length, 2)
  t.equal(requests('GetObject').length, 1, 'one object shows that the class is an archive')
  await thaw(`${KEY}a`)
  t.match(await status(), [{ archive: 'thawing' }, { archive: 'archived' }])
  fake.archives.pass(6)
  const until = Date.parse('2026-01-03T05:00:00Z') / 1000
  t.match(await status(), [{ archive: 'thawed', thawed_until: until }, { archive: 'archived' }])
  const { stdout } = await z3('status', 'tank/data')
  t.match(stdout, /SIZE +\| ARCHIVE/)
  t.match(stdout, /^a .*\| thawed until 2026-01-03T05:00:00.000Z/m)
  t.match(stdout, /^b .*\| archived/m)
  const check = await z3('status', '--check', 'tank/data')
  t.equal(check.code, 0, 'archived is healthy')

  const list = await z3('list', '--parseable')
  t.match(list.stdout, /\tGLACIER$/m)
})

void t.test('a class that only has the name of an archive', async (t) => {
  const { fake, z3, requests } = await open(t)
  fake.put(`${KEY}a`, 'x'.repeat(2000), FULL)
  fake.put(`${KEY}b`, 'x'.repeat(1000), INCREMENT)
  fake.transition('GLACIER')
  // the server calls its class so, and reads it
  fake.archives.checkReadable = () => undefined
  const { stdout } = await z3('status', 'tank/data')
  t.notMatch(stdout, 'ARCHIVE')
  t.equal(requests('GetObject').length, 1)
})

void t.test('a large object is archived if one of its objects is', async (t) => {
  const { fake, z3 } = await open(t)
  const limit = { limit: 1000, stream: 'ab'.repeat(12) }
  const metadata = (number: number) => ({ [OBJECT_LIMIT]: formatObjectLimit({ ...limit, number }) })
  fake.put(`${KEY}a`, 'x'.repeat(1000), { ...FULL, ...metadata(0) })
  fake.put(continuationKey(`${KEY}a`, 1), 'x'.repeat(1000), metadata(1))
  fake.put(continuationKey(`${KEY}a`, 2), '', metadata(2))
  fake.transition('DEEP_ARCHIVE', (key) => /\+00[12]$/.test(key))
  const { stdout, stderr } = await z3('status', '--json', 'tank/data')
  t.match(JSON.parse(stdout), { snapshots: [{ health: 'ok', archive: 'archived' }] }, stderr)
})

void t.test('verify', async (t) => {
  const { fake, z3, requests } = await open(t)
  fake.put(`${KEY}a`, 'x'.repeat(2000), FULL)
  fake.transition('DEEP_ARCHIVE')
  for (const level of ['data', 'stream']) {
    const { code, stdout, stderr } = await z3('verify', '--level', level, 'tank/data', '--json')
    t.equal(code, 0, stderr)
    t.match(JSON.parse(stdout), {
      datasets: [
        {
          objects: [{ result: 'archived', reason: 'the object is archived (DEEP_ARCHIVE)' }],
          restorable: ['a'],
          lost: [],
        },
      ],
    })
  }
  t.equal(requests('PutObject').length, 0, 'nothing is recorded as verified')
  const text = await z3('verify', 'tank/data')
  t.match(text.stdout, /archived/)
  t.match(text.stderr, '0 ok, 0 with a problem, 1 archived and not verified')
  t.equal((await z3('verify', '--level', 'head', 'tank/data')).code, 0)
})

void t.test('bad input', async (t) => {
  const { fake, z3 } = await open(t)
  const cases: readonly (readonly [readonly string[], string | RegExp])[] = [
    [['--wait'], '--wait requires --thaw'],
    [['--thaw-days', '3'], '--thaw-days requires --thaw'],
    [['--thaw', 'fast'], /'standard', 'bulk', 'expedited'/],
    [['--thaw', 'bulk', '--thaw-days', '0'], "'0' is not a number from 1 to 9999"],
    [['--thaw', 'bulk', '--thaw-days', '1.5'], "'1.5' is not a number"],
    [['--thaw', 'bulk', `--bucket=file://${t.testdir({})}`], /has no archive/],
  ]
  for (const [args, message] of cases) {
    for (const what of [['tank/data@a'], ['--all']]) {
      const { code, stderr } = await z3('restore', ...what, ...args)
      t.equal(code, 2, args.join(' '))
      t.match(stderr, message)
    }
  }
  t.equal(fake.requests.length, 0)
})
