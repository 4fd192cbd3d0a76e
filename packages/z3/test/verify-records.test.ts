import { fakeBucket } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { StreamWriter } from '../../zstream/test/make-stream.js'
import { z3On } from './setup.js'

const PREFIX = 'z3-backup/'

const stream = (toguid: bigint, fromguid = 0n): Buffer =>
  new StreamWriter().begin({ 40: toguid, 48: fromguid }).end(toguid).bytes

/** Three backups, a day old, and hosts that verify them. */
const setup = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const old = (name: string, body: Buffer, metadata: Readonly<Record<string, string>>): void => {
    const key = `${PREFIX}${name}`
    const modified = new Date(Date.now() - 86_400_000)
    fake.objects.set(key, { ...fake.put(key, body, metadata), modified })
  }
  old('tank/data@a', stream(1n), { isfull: 'true', guid: '1' })
  const parent = { parent: 'tank/data@a', 'parent-guid': '1' }
  old('tank/data@b', stream(2n, 1n), { ...parent, guid: '2' })
  old('tank/other@a', stream(3n), { isfull: 'true', guid: '3' })
  /** A host that remembers nothing but what the bucket says. */
  const verify = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const words = ['verify', '--json', ...args]
    const z3 = z3On({ env: { ...bucket.env, PATH: process.env['PATH'] ?? '' } }, t.testdir({}))
    const { code, stdout, stderr } = await z3(words, { Z3_MANIFEST: 'yes', ...env })
    const { datasets } = JSON.parse(String(stdout)) as {
      datasets: { objects: { name: string; result: string; verified?: string }[] }[]
    }
    const objects = datasets.flatMap((dataset) => dataset.objects)
    const done = objects.filter(({ result }) => result === 'ok').map(({ name }) => name)
    return { code, stderr, objects, done }
  }
  const records = () => [...fake.objects.keys()].filter((key) => key.includes('/.z3/')).sort()
  return { bucket, fake, old, verify, records }
}

void t.test('what one host has verified is the last that another verifies', async (t) => {
  const { fake, old, verify, records } = await setup(t)
  const sample = ['--all', '--sample', '1%', '--level', 'data']
  const seen = new Set<string>()
  for (let i = 0; i < 3; i += 1) {
    const { code, done, stderr } = await verify(sample)
    t.equal(code, 0, stderr)
    t.equal(done.length, 1)
    done.forEach((name) => seen.add(name))
  }
  t.equal(seen.size, 3)
  const names = ['tank/data@a', 'tank/data@b', 'tank/other@a']
  t.strictSame(
    records(),
    names.map((name) => `${PREFIX}.z3/${name}.verified-data`),
  )
  const text = String(fake.objects.get(`${PREFIX}.z3/tank/data@a.verified-data`)?.body)
  const { etag, body } = fake.objects.get(`${PREFIX}tank/data@a`) ?? {}
  t.match(JSON.parse(text), {
    version: 1,
    key: `${PREFIX}tank/data@a`,
    bytes: body?.length,
    etag,
    level: 'data',
    at: /^\d{4}-/,
    host: /./,
  })
  const reads = fake.requests.filter(({ op, key }) => op !== 'PutObject' && key.includes('/.z3/'))
  t.strictSame(reads, [], 'records are listed, and not read')

  await t.test('an object that was replaced comes first again', async (t) => {
    fake.put(`${PREFIX}tank/data@b`, stream(2n, 1n), {
      parent: 'tank/data@a',
      guid: '2',
      'parent-guid': '1',
    })
    const { done } = await verify(sample)
    t.strictSame(done, ['tank/data@b'])
    old('tank/data@b', stream(2n, 1n), { parent: 'tank/data@a', guid: '2', 'parent-guid': '1' })
  })

  await t.test('a time in the future is not believed', async (t) => {
    const key = `${PREFIX}.z3/tank/other@a.verified-data`
    fake.objects.set(key, { ...fake.put(key, 'x'), modified: new Date(Date.now() + 86_400_000) })
    const { objects } = await verify(['--max-time', '0s', 'tank/other'])
    t.equal(objects[0]?.verified, undefined)
    const { done } = await verify(sample)
    t.strictSame(done, ['tank/other@a'])
  })

  await t.test('the level is that of the record', async (t) => {
    for (const key of records()) fake.objects.delete(key)
    t.equal((await verify(['tank/data'])).code, 0)
    t.match(records(), [/@a\.verified-stream$/, /@b\.verified-stream$/])
    t.strictSame((await verify(sample)).done, ['tank/other@a'], 'a stream is more than bytes')
    t.equal((await verify(['--level', 'head', '--all'])).code, 0)
    t.equal(records().length, 3, 'a HEAD reads nothing')
    const { objects } = await verify(['--max-time', '0s', 'tank/other'])
    t.match(objects[0]?.verified, /^\d{4}-/)
  })
})

void t.test('what is not sound leaves no record', async (t) => {
  const { old, verify, records } = await setup(t)
  old('tank/data@b', stream(2n, 7n), {
    parent: 'tank/data@a',
    guid: '2',
    'parent-guid': '1',
  })
  // objects of the original z3: whether they fit is known when both are read
  const named = (toguid: bigint, fromguid: bigint, name: string): Buffer => {
    const fields: Record<number, bigint> = { 40: toguid, 48: fromguid }
    const text = Buffer.alloc(24)
    text.write(`tank/old@${name}`)
    for (const at of [0, 8, 16]) fields[56 + at] = text.readBigUInt64LE(at)
    return new StreamWriter().begin(fields).end(toguid).bytes
  }
  old('tank/old@a', named(1n, 0n, 'a'), { isfull: 'true' })
  old('tank/old@b', named(2n, 1n, 'b'), { parent: 'tank/old@a' })
  old('tank/old@c', named(3n, 7n, 'c'), { parent: 'tank/old@b' })
  const { code } = await verify(['--all'])
  t.equal(code, 3)
  t.strictSame(
    records(),
    ['data@a', 'old@a', 'old@b', 'other@a'].map(
      (name) => `${PREFIX}.z3/tank/${name}.verified-stream`,
    ),
  )
})

void t.test('keys that may only read', async (t) => {
  const { fake, verify, records } = await setup(t)
  fake.faults = ({ op }) => (op === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined)
  const { code, stderr } = await verify(['--level', 'data', '--all'])
  t.equal(code, 0, stderr)
  const notes = stderr.split('\n').filter((line) => line.includes('cannot write verification'))
  t.equal(notes.length, 1)
  t.match(notes[0], /^z3: cannot write verification records, .*: .*access denied/)
  t.equal(fake.requests.filter(({ op }) => op === 'PutObject').length, 1, 'tried once')
  t.strictSame(records(), [])
  t.notMatch((await verify(['--level', 'data', '--all', '--quiet'])).stderr, 'cannot write')

  await t.test('that may not list the records, either', async (t) => {
    fake.faults = ({ op, query }) =>
      op === 'PutObject' || (op === 'ListObjectsV2' && query['prefix']?.includes('.z3/'))
        ? { status: 403, code: 'AccessDenied' }
        : undefined
    const { code, stderr } = await verify(['--level', 'data', '--all', '--verbose'])
    t.equal(code, 0, stderr)
    t.match(stderr, 'cannot list the manifests and records of tank/data: ')
  })
})

void t.test('MANIFEST=no keeps out of it', async (t) => {
  const { fake, verify, records } = await setup(t)
  t.equal((await verify(['--level', 'data', 'tank/data'], { Z3_MANIFEST: 'no' })).code, 0)
  t.strictSame(records(), [])
  t.notOk(fake.requests.some(({ query }) => query['prefix']?.includes('.z3/')))
})

void t.test('an object that is replaced while it is verified', async (t) => {
  const { fake, verify, records } = await setup(t)
  const key = `${PREFIX}tank/other@a`
  let reads = 0
  fake.faults = (request) => {
    if (request.key !== key || request.op !== 'HeadObject') return undefined
    // the last look before the record is written
    reads += 1
    if (reads > 2) fake.put(key, `${String(reads)} changed`, { isfull: 'true', guid: '3' })
    return undefined
  }
  const { done } = await verify(['--level', 'data', 'tank/other'])
  t.ok(reads > 2)
  t.strictSame(records(), [], done.join())
})
