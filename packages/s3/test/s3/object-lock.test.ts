import { startFakeS3, type Faults } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { S3Store } from '../../src/s3/s3-store.js'

const UNTIL = '2099-01-01T00:00:00Z'
const ENABLED =
  '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>'
const MISSING = { status: 404, code: 'ObjectLockConfigurationNotFoundError' } as const
const DENIED = { status: 403, code: 'AccessDenied' } as const

/** Upload an object with a retention of an hour and a legal hold. */
const lockedUpload = async (t: Test, faults: Faults) => {
  const fake = await startFakeS3({ faults })
  const store = new S3Store({
    bucket: 'bucket',
    endpoint: fake.endpoint,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
    attempts: 1,
    connections: 1,
    retention: { mode: 'compliance', seconds: 3600 },
    legalHold: true,
    tags: [
      ['a b', 'c=d'],
      ['e', ''],
    ],
  })
  t.teardown(async () => {
    store.close()
    await fake.close()
  })
  const put = async () => {
    const upload = await store.createUpload('k', { metadata: {}, overwrite: false })
    const body = Buffer.from('data')
    const part = { partNumber: 1, offset: 0, body, digest: {} }
    return upload.complete([await upload.uploadPart(part)])
  }
  return { fake, put }
}

/** The server has Object Lock, and its HEAD shows these headers. */
const server =
  (headers: Readonly<Record<string, string>>, subresource = {}): Faults =>
  ({ op, path }) => {
    if (path.includes('object-lock')) return { garbled: ENABLED, status: 200 }
    if (/[?&](retention|legal-hold)/.test(path)) return { status: 200, ...subresource }
    return op === 'HeadObject' ? { headers } : undefined
  }

const LOCKED = {
  'x-amz-object-lock-mode': 'COMPLIANCE',
  'x-amz-object-lock-retain-until-date': UNTIL,
  'x-amz-object-lock-legal-hold': 'ON',
}

void t.test('Create asks for the lock, and HEAD confirms it', async (t) => {
  const { fake, put } = await lockedUpload(t, server(LOCKED))
  const { lockedUntil, legalHold } = await put()
  t.strictSame([lockedUntil?.toISOString(), legalHold], ['2099-01-01T00:00:00.000Z', true])
  const create = fake.requests.find(({ op }) => op === 'CreateMultipartUpload')
  t.equal(create?.headers['x-amz-tagging'], 'a%20b=c%3Dd&e=', 'tags')
  t.equal(create?.headers['x-amz-object-lock-mode'], 'COMPLIANCE')
  t.equal(create?.headers['x-amz-object-lock-legal-hold'], 'ON')
  const until = Date.parse(String(create?.headers['x-amz-object-lock-retain-until-date']))
  t.ok(until > Date.now(), 'in the future')
  t.notOk(fake.requests.some(({ path }) => path.includes('retention')))
})

void t.test('a server that ignored the lock is asked again', async (t) => {
  const { fake, put } = await lockedUpload(t, server({}))
  t.ok((await put()).lockedUntil)
  const asked = fake.requests.filter(({ path }) => /[?&](retention|legal-hold)/.test(path))
  t.equal(asked.length, 2)
  for (const { headers } of asked) {
    t.ok(headers['content-md5'] ?? headers['x-amz-checksum-crc32'], 'with a checksum')
  }
})

void t.test('a lock that cannot be confirmed', async (t) => {
  for (const [title, faults] of [
    ['the server refuses to lock', server({}, DENIED)],
    [
      'whether the server knows locks is not known',
      ({ path }) => (path.includes('object-lock') ? DENIED : undefined),
    ],
  ] as readonly (readonly [string, Faults])[]) {
    const { fake, put } = await lockedUpload(t, faults)
    await t.rejects(put(), { code: 'not-locked', message: /^'k' is stored/ }, title)
    t.ok(fake.objects.has('k'), 'the object stays')
  }
  const { fake, put } = await lockedUpload(t, ({ path }) =>
    path.includes('object-lock') ? DENIED : undefined,
  )
  await t.rejects(put())
  t.notOk(fake.requests.some(({ path }) => path.includes('retention')))
})

void t.test('a bucket without Object Lock is refused before the upload', async (t) => {
  for (const answer of [MISSING, { status: 501, code: 'NotImplemented' }]) {
    const { fake, put } = await lockedUpload(t, ({ path }) =>
      path.includes('object-lock') ? answer : undefined,
    )
    await t.rejects(put(), { code: 'not-implemented', message: /^the bucket has no Object Lock/ })
    t.notOk(fake.requests.some(({ op }) => op === 'CreateMultipartUpload'))
  }
})
