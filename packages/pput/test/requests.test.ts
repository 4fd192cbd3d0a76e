import { MIB } from '@z3/core'
import { pattern, runBinary } from '@z3/fixtures'
import t from 'tap'
import { isClean, setup } from './setup.js'

/** What a new key costs on a server whose Complete is not known to be atomic. */
const BEFORE = ['HeadObject', 'CreateMultipartUpload']
const AFTER = [
  'HeadObject',
  'CompleteMultipartUpload',
  'ListMultipartUploads',
  'HeadObject',
] as const

for (const [size, parts] of [
  [1_000, 1],
  [64 * MIB, 13],
] as const) {
  void t.test(`the requests of ${String(size)} bytes`, async (t) => {
    const { env, fake } = await setup(t)
    const { code, stderr } = await runBinary('pput', ['-q', 'k'], { env, stdin: pattern(size) })
    t.equal(code, 0, stderr)
    const sent = Array.from({ length: parts }, () => 'UploadPart')
    t.same(
      fake.requests.map(({ op }) => op),
      [...BEFORE, ...sent, ...AFTER],
    )
  })
}

void t.test('a missing bucket is told by Create, before anything is read', async (t) => {
  const bucket = await setup(t, { faults: () => ({ status: 404, code: 'NoSuchBucket' }) })
  const { env, fake } = bucket
  const { code, stderr } = await runBinary('pput', ['-q', 'k', '--', 'sh', '-c', 'echo read >&2'], {
    env,
    stdin: '',
  })
  t.equal(code, 1)
  t.match(stderr, "pput: cannot begin the upload of 'k': the bucket does not exist")
  t.notMatch(stderr, 'read', 'the command was not started')
  t.same(
    fake.requests.map(({ op }) => op),
    ['HeadObject', 'CreateMultipartUpload'],
  )
  t.equal(fake.uploads.size, 0)
})

void t.test('a key that may not be asked for is refused by name', async (t) => {
  const bucket = await setup(t, {
    faults: ({ op }) =>
      op === 'HeadObject' || op === 'GetObject'
        ? { status: 403, code: 'SignatureDoesNotMatch' }
        : undefined,
  })
  const { env } = bucket
  const { code, stderr } = await runBinary('pput', ['-q', 'k'], { env, stdin: 'x' })
  t.equal(code, 1)
  t.match(stderr, 'the access key or the secret is wrong')
  await isClean(t, bucket)
})
