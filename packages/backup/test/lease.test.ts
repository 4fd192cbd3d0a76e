/** A prune and a backup of two hosts, at every interleaving of their requests. */
import { parseSchedule, Z3Error } from '@z3/core'
import type { ObjectInfo, ObjectStore } from '@z3/s3'
import t from 'tap'
import { checkParent } from '../src/check-parent.js'
import { LEASE_TTL, withLease } from '../src/prune/lease.js'
import { prune } from '../src/prune/prune.js'

const PREFIX = 'z3-backup/'
const DATASET = 'tank/a'
const DAY = 86_400
const now = 1_700_000_000_000
const never = new AbortController().signal
const quiet = (): void => undefined

type Objects = Map<string, ObjectInfo>

const put = (
  objects: Objects,
  key: string,
  metadata: ObjectInfo['metadata'] = {},
  age = 0,
): void => {
  const modified = new Date(now - age)
  objects.set(key, { key, size: 1, etag: `"${key}"`, metadata, modified, crc32: undefined })
}

/** A store in memory; each request waits for its turn. */
const storeOf = (objects: Objects, turn: () => Promise<void> = () => Promise.resolve()) => {
  const head = async (key: string): Promise<ObjectInfo> => {
    await turn()
    const found = objects.get(key)
    if (found) return found
    throw new Z3Error('no-such-key', `no object '${key}'`)
  }
  const store: Partial<ObjectStore> = {
    title: 'memory',
    now: () => new Date(now),
    head,
    exists: async (key) => {
      await turn()
      return objects.has(key)
    },
    put: async (key) => {
      await turn()
      put(objects, key)
    },
    delete: async (key) => {
      await turn()
      objects.delete(key)
      return 'deleted' as const
    },
    list: async function* (prefix) {
      await turn()
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()
      yield* keys.flatMap((key) => objects.get(key) ?? [])
    },
  }
  return store as ObjectStore
}

const nameOf = (snapshot: string): string => `${DATASET}@${snapshot}`
const keyOf = (snapshot: string): string => `${PREFIX}${nameOf(snapshot)}`

/**
 * A prune that deletes p, and a backup of an increment of it.
 *
 * @param places after how many requests of the prune the backup completes its object, looks for
 *   leases, and looks at the parent; what it does then comes after the prune
 * @returns what is wrong afterwards
 */
const meet = async (places: readonly number[], unlocked: boolean): Promise<string | undefined> => {
  const objects: Objects = new Map()
  const full = (created: number, guid: string) => ({
    isfull: 'true',
    created: String(created),
    guid,
  })
  put(objects, keyOf('p'), full(now / 1000 - 3 * DAY, '1'))
  put(objects, keyOf('q'), full(now / 1000 - 2 * DAY, '2'))
  const actors = {
    prune: { waiting: [] as (() => void)[], requests: 0, isDone: false },
    backup: { waiting: [] as (() => void)[], requests: 0, isDone: false },
  }
  const turnOf = (actor: (typeof actors)['prune']) => () =>
    new Promise<void>((resolve) => actor.waiting.push(resolve))
  const placeOf = (actor: (typeof actors)['prune']) => ({
    store: storeOf(objects, turnOf(actor)),
    prefix: PREFIX,
    dataset: DATASET,
  })
  const pruning = prune(placeOf(actors.prune), {
    ...{ schedule: parseSchedule('1'), prefix: '', respectMinimum: false, maxPercent: 100 },
    ...{
      force: false,
      dryRun: false,
      versions: false,
      unlocked,
      env: {},
      signal: never,
      now: () => now,
      tell: quiet,
    },
  }).finally(() => {
    actors.prune.isDone = true
  })
  const backingUp = (async () => {
    await turnOf(actors.backup)()
    put(objects, keyOf('c'), {
      ...{ parent: nameOf('p'), 'parent-guid': '1', guid: '3' },
      created: String(now / 1000 - DAY),
    })
    const completed = { name: nameOf('c'), etag: '', parent: nameOf('p'), base: undefined }
    const sleep = turnOf(actors.backup)
    await checkParent(placeOf(actors.backup), completed, never, quiet, sleep)
  })().then(
    () => 'stored',
    (error: unknown) => (error instanceof Z3Error ? error.code : String(error)),
  )
  const both = backingUp.finally(() => {
    actors.backup.isDone = true
  })
  for (;;) {
    const all = [actors.prune, actors.backup]
    while (!all.every(({ isDone, waiting }) => isDone || waiting.length > 0)) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (all.every(({ isDone }) => isDone)) break
    const { prune: first, backup: second } = actors
    const isBackup =
      !second.isDone && (first.isDone || (places[second.requests] ?? Infinity) <= first.requests)
    const next = isBackup ? second : first
    next.requests += 1
    next.waiting.shift()?.()
  }
  const { problem } = await pruning
  const said = await both
  const left = [...objects.keys()]
    .map((key) => key.slice(key.indexOf('@') + 1))
    .sort()
    .join('')
  const where = `${places.join(' ')}: backup ${said}, left ${left}`
  if (problem) return `${where}: ${problem.message}`
  // p was kept for c; or p went, and c has said so and gone
  const isSound =
    said === 'stored'
      ? left.includes('c') && left.includes('p')
      : said === 'broken-chain' && left === 'q'
  return isSound ? undefined : where
}

/** Every way to place some requests among the first ones of another run. */
const schedules = function* (count: number, most: number, from = 0): Generator<readonly number[]> {
  if (count === 0) {
    yield []
    return
  }
  for (let first = from; first <= most; first += 1) {
    for (const rest of schedules(count - 1, most, first)) yield [first, ...rest]
  }
}

void t.test('no schedule loses the parent of a stored increment', async (t) => {
  const seen = { runs: 0, wrong: [] as string[] }
  for (const places of schedules(3, 10)) {
    seen.runs += 1
    const wrong = await meet(places, false)
    if (wrong !== undefined) seen.wrong.push(wrong)
  }
  t.equal(seen.runs, 286)
  t.strictSame(seen.wrong.slice(0, 3), [])
})

void t.test('without a lease, some do', async (t) => {
  for (const places of schedules(3, 7)) if ((await meet(places, true)) !== undefined) return
  t.fail('the schedules are about nothing')
})

const OTHER = `${PREFIX}.z3/prune/${DATASET}@nas-1-unknown-00000000.lease`

const place = (objects: Objects) => ({ store: storeOf(objects), prefix: PREFIX, dataset: DATASET })

void t.test('a second prune is refused, and leaves nothing', async (t) => {
  const objects: Objects = new Map()
  put(objects, OTHER, {}, LEASE_TTL - 1000)
  // another dataset's
  put(objects, `${PREFIX}.z3/prune/${DATASET}/b@nas-1-unknown-00000000.lease`)
  await t.rejects(
    withLease(place(objects), never, quiet, () => Promise.reject(new Error('it has begun'))),
    { code: 'locked', message: 'another run prunes tank/a (nas-1)' },
  )
  t.equal(objects.size, 2)
})

void t.test('a stale lease is taken over', async (t) => {
  const objects: Objects = new Map()
  put(objects, OTHER, {}, LEASE_TTL + 1000)
  t.equal(await withLease(place(objects), never, quiet, () => Promise.resolve(objects.size)), 1)
  t.equal(objects.size, 0)
})

void t.test('a lease of unknown age ends the run, and is not waited for', async (t) => {
  const objects: Objects = new Map()
  put(objects, keyOf('p'), { guid: '1' })
  const problem = new Z3Error('size-mismatch', `'${OTHER}' is damaged`)
  const damaged = {
    ...place(objects),
    store: {
      ...storeOf(objects),
      list: async function* () {
        yield await Promise.resolve({ key: OTHER, problem })
      },
    },
  }
  const begin = () => Promise.reject(new Error('it has begun'))
  await t.rejects(withLease(damaged, never, quiet, begin), { code: 'size-mismatch' })
  const increment = { name: nameOf('c'), etag: '"c"', parent: nameOf('p'), base: undefined }
  put(objects, keyOf('c'))
  await t.rejects(checkParent(damaged, increment, never, quiet), {
    code: 'broken-chain',
    message: /still exists is not known: .* is damaged$/,
  })
  t.ok(objects.has(keyOf('c')), 'an object is not removed for a doubt')
})

void t.test('renewed in time, or lost', async (t) => {
  const objects: Objects = new Map()
  let time = 0
  const hold = (work: (check: () => Promise<void>) => Promise<void>) =>
    withLease(
      place(objects),
      never,
      quiet,
      (lease) => work(() => lease.check()),
      () => time,
    )
  await hold(async (check) => {
    for (let turn = 0; turn < 5; turn += 1) {
      time += LEASE_TTL / 2
      await check()
    }
  })
  t.equal(objects.size, 0)
  const late = hold(async (check) => {
    time += LEASE_TTL * 0.7
    await check()
  })
  await t.rejects(late, { code: 'lock-failed' }, 'this host was asleep')
  const taken = hold(async (check) => {
    objects.clear()
    time += LEASE_TTL / 2
    await check()
  })
  await t.rejects(taken, { code: 'lock-failed' })
})

void t.test('a store that does not list what was written', async (t) => {
  const store = { ...storeOf(new Map()), put: () => Promise.resolve() }
  const request = { ...place(new Map()), store }
  await t.rejects(
    withLease(request, never, quiet, () => Promise.reject(new Error('it has begun'))),
    { code: 'not-implemented', hint: /--unlocked/ },
  )
  // OpenStack Swift: it may list this lease, and not yet that of another host
  const objects: Objects = new Map()
  const swift = { ...place(objects), store: { ...storeOf(objects), listsLate: true } }
  await t.rejects(
    withLease(swift, never, quiet, () => Promise.reject(new Error('it has begun'))),
    { code: 'not-implemented', hint: /--unlocked/ },
  )
  t.equal(objects.size, 0)
})

void t.test('a store that is full has no room for a lease', async (t) => {
  const full = () => Promise.reject(new Z3Error('no-space', 'no space left on device'))
  const request = { ...place(new Map()), store: { ...storeOf(new Map()), put: full } }
  await t.rejects(
    withLease(request, never, quiet, () => Promise.reject(new Error('it has begun'))),
    { code: 'no-space', hint: /--unlocked/ },
  )
})
