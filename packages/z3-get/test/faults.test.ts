import { MIB } from '@z3/core'
import { pattern } from '@z3/fixtures'
import { download, openStore } from '@z3/s3'
import t from 'tap'
import { get, setup } from './setup.js'

void t.test('an object that is replaced in the middle', async (t) => {
  const bucket = await setup(t)
  const first = pattern(20 * MIB, 1)
  bucket.fake.put('k', first)
  bucket.fake.faults = ({ op, nth }) => {
    if (op === 'GetObject' && nth === 2) bucket.fake.put('k', pattern(20 * MIB, 2))
    return undefined
  }
  const { status, body, err } = await get(t, ['-s', '5M', '--concurrency', '1', 'k'], bucket.env)
  t.equal(status, 3)
  t.match(err, "'k' was replaced while it was being read")
  t.ok(first.subarray(0, body.length).equals(body), 'nothing of the other one')
})

void t.test('an object that is gone between HEAD and GET', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', 'abc')
  bucket.fake.faults = ({ op }) => {
    if (op === 'GetObject') bucket.fake.objects.delete('k')
    return undefined
  }
  const { status, body } = await get(t, ['k'], bucket.env)
  t.equal(status, 4)
  t.equal(body.length, 0)
})

void t.test('an archived object', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', pattern(2 * MIB))
  bucket.fake.transition('GLACIER')
  const { status, body, err } = await get(t, ['k'], bucket.env)
  t.equal(status, 1)
  t.equal(body.length, 0)
  t.match(err, /cannot read 'k': the object is archived .*InvalidObjectState/)
  t.match(err, /hint: Thaw it first: 'z3 restore/)
})

void t.test('a range that breaks off goes on where it broke', async (t) => {
  const bucket = await setup(t)
  const data = pattern(4 * MIB)
  bucket.fake.put('k', data)
  bucket.fake.faults = ({ op, nth }) =>
    op === 'GetObject' && nth === 1 ? { reset: 'after' } : undefined
  const { status, body, err } = await get(t, ['k'], bucket.env)
  t.equal(status, 0, err)
  t.ok(body.equals(data))
  const ranges = bucket.fake.requests
    .filter(({ op }) => op === 'GetObject')
    .map(({ headers }) => headers.range ?? '')
  t.equal(ranges.length, 2)
  t.equal(ranges[0], 'bytes=0-4194303')
  const from = Number(/^bytes=(\d+)-4194303$/.exec(ranges[1] ?? '')?.[1])
  t.ok(from > 0 && from <= 2 * MIB, `the second asked for ${String(ranges[1])}`)
  t.match(err, /z3-get: cannot read 'k': attempt 1( of \d+)? failed, retrying/)
  t.equal((await get(t, ['-q', 'k'], bucket.env)).err, '')
})

void t.test('a server that stalls is cut and asked again', async (t) => {
  const bucket = await setup(t)
  const data = pattern(3 * MIB)
  bucket.fake.put('k', data)
  bucket.fake.faults = ({ op, nth }) =>
    op === 'GetObject' && nth === 1 ? { stall: true } : undefined
  const store = await openStore(
    { kind: 's3', bucket: bucket.bucket },
    {
      endpoint: bucket.endpoint,
      credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'SECRETTEST' },
      attempts: 1000,
      connections: 2,
      // a machine that is busy for so long costs an attempt, and no more
      idleTimeout: 2000,
      firstDelay: 1,
    },
  )
  t.teardown(() => {
    store.close()
  })
  const chunks: Buffer[] = []
  await download(store, {
    info: await store.head('k'),
    chunkSize: 5 * MIB,
    concurrency: 2,
    memory: 10 * MIB,
    write: (chunk) => Promise.resolve(void chunks.push(Buffer.from(chunk))),
  })
  t.ok(Buffer.concat(chunks).equals(data))
  t.ok(bucket.fake.requests.filter(({ op }) => op === 'GetObject').length > 1)
})

void t.test('damage on the way, where the server keeps checksums', async (t) => {
  const bucket = await setup(t, { checksums: true })
  bucket.fake.put('k', pattern(12 * MIB))
  bucket.fake.faults = ({ op, nth }) =>
    op === 'GetObject' && nth === 2 ? { corrupt: true } : undefined
  const { status, err } = await get(t, ['-s', '5M', 'k'], bucket.env)
  t.equal(status, 3)
  t.match(err, /^z3-get: the data of 'k' differs from what was stored/)
  bucket.fake.faults = undefined
  t.equal((await get(t, ['-s', '5M', 'k'], bucket.env)).status, 0)
})

void t.test('a server that ignores ranges', async (t) => {
  const bucket = await setup(t)
  const data = pattern(12 * MIB)
  bucket.fake.put('k', data)
  bucket.fake.faults = ({ op, headers }) => {
    if (op === 'GetObject') delete headers.range
    return undefined
  }
  const { status, body, err } = await get(
    t,
    ['-q', '-s', '5M', '--max-retries', '2', 'k'],
    bucket.env,
  )
  t.equal(status, 1, err)
  t.ok(data.subarray(0, body.length).equals(body), 'no byte in a wrong place')
  // one range is the whole: then it does not matter
  t.equal((await get(t, ['-s', '20M', 'k'], bucket.env)).status, 0)
})

void t.test('a server that is overloaded for a while', async (t) => {
  const bucket = await setup(t)
  const data = pattern(6 * MIB)
  bucket.fake.put('k', data)
  bucket.fake.faults = ({ op, nth }) =>
    op === 'GetObject' && nth <= 2 ? { status: 503, code: 'SlowDown' } : undefined
  const { status, body } = await get(t, ['-q', 'k'], bucket.env)
  t.equal(status, 0)
  t.ok(body.equals(data))
})

void t.test('errors of the store', async (t) => {
  const bucket = await setup(t)
  for (const [fault, status, words] of [
    [{ status: 403, code: 'SignatureDoesNotMatch' }, 1, 'the access key or the secret is wrong'],
    [{ status: 403, code: 'InvalidAccessKeyId' }, 1, 'unknown access key'],
    [{ status: 404, code: 'NoSuchBucket' }, 1, 'the bucket does not exist'],
    [{ status: 403, code: 'AccessDenied' }, 1, 'access denied'],
    [{ status: 403, code: 'RequestTimeTooSkewed' }, 1, "this machine's clock"],
    [
      { status: 301, code: 'PermanentRedirect', region: 'eu-west-3' },
      1,
      'the bucket is in region eu-west-3',
    ],
  ] as const) {
    bucket.fake.faults = () => fault
    const { status: got, body, err } = await get(t, ['k'], bucket.env)
    t.equal(got, status, fault.code)
    t.equal(body.length, 0)
    t.match(err, `(bucket 'bucket' at ${bucket.endpoint})\nhint: `)
    t.match(err, words)
    t.equal(err.trim().split('\n').length, 2, 'one line, and a hint')
  }
})
