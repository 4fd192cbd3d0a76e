import { setTimeout as sleep } from 'node:timers/promises'
import { fakeBucket, type FakeS3, type Faults } from '@z3/fixtures'
import { openStore, type StoreOptions } from '@z3/s3'
import t, { type Test } from 'tap'
import { LOOKS_AT_ONCE, loadStored } from '../src/store/load-stored.js'

const never = new AbortController().signal

const setup = async (t: Test, retries: Partial<StoreOptions> = { attempts: 1 }) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const env = { XDG_CACHE_HOME: t.testdir({}) }
  const { fake } = bucket
  const told: string[] = []
  const load = async ({
    name = 'bucket',
    prefix = 'z3-backup/',
    dataset = 'tank/a',
    signal = never,
  } = {}) => {
    const store = await openStore(
      { kind: 's3', bucket: name },
      {
        endpoint: bucket.endpoint,
        credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
        connections: LOOKS_AT_ONCE,
        ...retries,
      },
    )
    const from = fake.requests.length
    try {
      const { snapshots, foreign } = await loadStored(
        { store, prefix, dataset },
        env,
        signal,
        (line) => told.push(line),
      )
      return {
        snapshots,
        foreign,
        requests: count(fake, from),
      }
    } finally {
      store.close()
    }
  }
  const put = (snapshot: string, metadata: Readonly<Record<string, string>> = { isfull: 'true' }) =>
    fake.put(`z3-backup/tank/a@${snapshot}`, snapshot, metadata)
  return { bucket, fake, env, told, load, put }
}

/** How many requests of each kind there were. */
const count = ({ requests }: FakeS3, from: number) => {
  const counts: Record<string, number> = {}
  for (const { op } of requests.slice(from)) counts[op] = (counts[op] ?? 0) + 1
  return counts
}

void t.test('one listing, and one look at each object', async (t) => {
  const { fake, load, put } = await setup(t)
  for (let i = 0; i < 1200; i++) {
    const parent = i === 0 ? undefined : `tank/a@s${String(i - 1)}`
    put(`s${String(i)}`, {
      ...(parent === undefined ? { isfull: 'true' } : { parent }),
      guid: String(i),
    })
  }
  fake.put('z3-backup/tank/ab@a', 'another dataset')
  const warnings: string[] = []
  const warned = ({ message, stack = '' }: Error) => {
    // the fake waits with a listener each, too
    if (!stack.includes('fake-s3')) warnings.push(message)
  }
  process.on('warning', warned)
  t.teardown(() => process.off('warning', warned))
  // so that others come in while they are answered
  fake.faults = ({ op, nth }) => (op === 'HeadObject' && nth <= 100 ? { delayMs: 50 } : undefined)

  const cold = await load()
  t.equal(cold.snapshots.length, 1200)
  t.strictSame(cold.requests, { ListObjectsV2: 2, HeadObject: 1200 })
  t.ok(
    cold.snapshots.every(
      ({ snapshot, guid, parent }) =>
        `s${String(guid)}` === snapshot && (parent === undefined) === (snapshot === 's0'),
    ),
    'each has its own metadata',
  )
  const looks = fake.requests.filter(({ op }) => op === 'HeadObject')
  const most = Math.max(...looks.map(({ inFlight }) => inFlight))
  t.ok(most > 1 && most <= LOOKS_AT_ONCE, `${String(most)} at once`)
  t.strictSame(
    warnings.filter((text) => text.includes('listeners')),
    [],
  )

  const warm = await load()
  t.strictSame(warm.snapshots, cold.snapshots)
  t.strictSame(warm.requests, { ListObjectsV2: 2 })

  const [replaced] = warm.snapshots
  if (!replaced) throw new Error('nothing was found')
  fake.put(replaced.key, 'other bytes', { isfull: 'true', guid: '77' })
  put('new', { isfull: 'true', guid: '78' })
  const later = await load()
  t.strictSame(later.requests, { ListObjectsV2: 2, HeadObject: 2 })
  const guids = later.snapshots.map(({ guid }) => guid)
  t.ok(guids.includes('77') && guids.includes('78'))
  t.notOk(guids.includes(replaced.guid))
  t.strictSame((await load()).requests, { ListObjectsV2: 2 })
})

void t.test('a cache is of one place', async (t) => {
  const { fake, load, put } = await setup(t)
  put('a')
  fake.put('elsewhere/tank/a@a', 'a', { parent: 'tank/a@b' })
  fake.put('z3-backup/tank/b@a', 'a', { parent: 'tank/b@b' })
  const looked = { ListObjectsV2: 1, HeadObject: 1 }
  const known = { ListObjectsV2: 1 }
  t.strictSame((await load()).requests, looked)
  const others = [{ name: 'another' }, { prefix: 'elsewhere/' }, { dataset: 'tank/b' }]
  for (const other of others) {
    t.strictSame((await load(other)).requests, looked)
    t.strictSame((await load(other)).requests, known)
  }
  t.strictSame((await load()).requests, known)
})

void t.test('an object that goes away is left out', async (t) => {
  const { fake, load, put } = await setup(t)
  put('a')
  put('b')
  fake.faults = ({ op, key }) => {
    if (op === 'HeadObject' && key.endsWith('@b')) fake.objects.delete(key)
    return undefined
  }
  const { snapshots } = await load()
  t.match(snapshots, [{ snapshot: 'a' }])
  t.equal(snapshots.length, 1)
})

void t.test('what is replaced while it is looked at', async (t) => {
  const { fake, load, put } = await setup(t)
  const before = put('a', { isfull: 'true', guid: '1' })
  const key = 'z3-backup/tank/a@a'
  fake.faults = ({ op }) => {
    if (op === 'HeadObject') {
      fake.put(key, 'new', { isfull: 'true', guid: '2' })
      fake.faults = undefined
    }
    return undefined
  }
  t.match((await load()).snapshots, [{ guid: '2' }])
  // as where a bucket keeps versions, and the newest is taken away
  fake.objects.set(key, before)
  const next = await load()
  t.match(next.snapshots, [{ guid: '1' }])
  t.strictSame(next.requests, { ListObjectsV2: 1, HeadObject: 1 })
})

void t.test('one that may not be looked at', async (t) => {
  for (const [title, fault, words] of [
    ['by a policy', { status: 403, code: 'AccessDenied' }, '403 AccessDenied'],
    ['without its key', { status: 400, code: 'InvalidRequest' }, '400 InvalidRequest'],
  ] as const) {
    await t.test(title, async (t) => {
      const { fake, load, put } = await setup(t)
      put('a')
      put('b')
      put('c')
      const refuse =
        (pattern: RegExp): Faults =>
        ({ op, key }) =>
          op !== 'ListObjectsV2' && pattern.test(key) ? fault : undefined
      fake.faults = refuse(/@b$/)
      const { snapshots } = await load()
      const [a, b, c] = snapshots.toSorted((x, y) => (x.snapshot < y.snapshot ? -1 : 1))
      t.match([a, c], [{ snapshot: 'a', problem: undefined }, { snapshot: 'c' }])
      t.match(b, { snapshot: 'b', fault: 'unreadable', bytes: undefined, guid: undefined })
      t.match(b?.problem, words)

      fake.faults = refuse(/@/)
      t.equal((await load()).snapshots.length, 3, 'the others are in the cache')
      put('c', { isfull: 'true', guid: '1' })
      fake.objects.delete('z3-backup/tank/a@a')
      await t.rejects(load(), { message: words }, 'whoever may read nothing does not learn less')
    })
  }
})

void t.test('keys that are no snapshots', async (t) => {
  const { fake, load, put } = await setup(t)
  put('a')
  put('a/b')
  put('')
  const { snapshots, foreign, requests } = await load()
  t.match(snapshots, [{ snapshot: 'a' }])
  t.strictSame(foreign, ['z3-backup/tank/a@', 'z3-backup/tank/a@a/b'])
  t.strictSame(requests, { ListObjectsV2: 1, HeadObject: 1 })
  t.equal(fake.objects.size, 3)
})

void t.test('a cache that cannot be written is told', async (t) => {
  const { env, load, put, told } = await setup(t)
  put('a')
  env.XDG_CACHE_HOME = '/dev/null/cache'
  const { snapshots } = await load()
  t.match(snapshots, [{ snapshot: 'a' }])
  t.match(told, [/^cannot write the metadata cache: ENOTDIR/])
})

void t.test('it ends with the signal', async (t) => {
  const { fake, load, put } = await setup(t)
  for (let i = 0; i < 100; i++) put(String(i))
  const controller = new AbortController()
  const reason = new Error('enough')
  fake.faults = ({ op, nth }) => {
    if (op === 'HeadObject' && nth === 40) controller.abort(reason)
    return undefined
  }
  const result: unknown = await load({ signal: controller.signal }).catch((error: unknown) => error)
  t.equal(result, reason)
  const { HeadObject: looks = 0 } = count(fake, 0)
  t.ok(looks < 100, `${String(looks)} looks`)
})

void t.test('the first failure ends all looks', async (t) => {
  const { fake, load, put } = await setup(t, { attempts: 1000, firstDelay: 1 })
  for (let i = 0; i < 20; i++) put(String(i))
  fake.faults = ({ op, key }) => {
    if (op === 'ListObjectsV2') return undefined
    return key.endsWith('@7') ? { status: 403, code: 'InvalidAccessKeyId' } : { status: 503 }
  }
  await t.rejects(load(), { code: 'bad-credentials' })
  // what was on its way
  await sleep(300)
  const { length } = fake.requests
  await sleep(300)
  t.equal(fake.requests.length, length, 'no more requests')
})
