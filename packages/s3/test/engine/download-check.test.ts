import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import { GIB, MIB, partSchedule, AWS_PART_LIMITS, type PartSchedule } from '@z3/core'
import { pattern, startFakeS3, type FakeS3Options } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { download } from '../../src/engine/download.js'
import { EtagDigest, etagKind } from '../../src/etag.js'
import { formatPartSizes, listSizes, parsePartSizes } from '../../src/s3/upload-metadata.js'
import { profileFor } from '../../src/profiles.js'
import { S3Store } from '../../src/s3/s3-store.js'
import { sendPart } from '../contract/fixture.js'

const CEPH = 'tx00000c0ffee00c0ffee00-0068a1b2c3-1234-default'

const open = (t: Test, endpoint: string): S3Store => {
  const store = new S3Store({
    bucket: 'bucket',
    endpoint,
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'SECRETTEST' },
    attempts: 2,
    connections: 4,
    firstDelay: 1,
  })
  t.teardown(() => {
    store.close()
  })
  return store
}

const setup = async (t: Test, options: FakeS3Options = {}) => {
  const fake = await startFakeS3({ requestId: CEPH, ...options })
  t.teardown(() => fake.close())
  return { fake, store: open(t, fake.endpoint) }
}

const verdictOf = async (store: S3Store) =>
  download(store, {
    info: await store.head('k'),
    chunkSize: MIB,
    concurrency: 4,
    memory: 8 * MIB,
    write: () => Promise.resolve(),
  })

const cut = (data: Buffer, sizes: readonly number[]): Buffer[] => {
  let at = 0
  return sizes.map((size) => data.subarray(at, (at += size)))
}

const md5 = (data: Buffer) => createHash('md5').update(data).digest()
const etagOf = (parts: readonly Buffer[]) =>
  `"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${String(parts.length)}"`

void t.test('an ETag from bytes that come in any pieces', (t) => {
  const data = pattern(1000)
  for (const sizes of [[1000], [400, 600], [1, 999], [300, 300, 300, 300], [500, 500]]) {
    for (const step of [1, 7, 300, 500, 1000]) {
      const digest = new EtagDigest(sizes)
      for (let at = 0; at < 1000; at += step) digest.update(data.subarray(at, at + step))
      t.equal(digest.end(), etagOf(cut(data, sizes)), `${sizes.join()} by ${String(step)}`)
    }
  }
  const whole = new EtagDigest(undefined)
  whole.update(data)
  t.equal(whole.end(), `"${md5(data).toString('hex')}"`)
  t.end()
})

void t.test('part sizes in the metadata', (t) => {
  const schedules: PartSchedule[] = [
    partSchedule({}, AWS_PART_LIMITS, 512 * MIB),
    partSchedule({ estimated: 900 * GIB }, AWS_PART_LIMITS, 512 * MIB),
    partSchedule({ chunkSize: 7 * MIB }, AWS_PART_LIMITS, 512 * MIB),
  ]
  for (const schedule of schedules) {
    const text = formatPartSizes(schedule)
    const read = parsePartSizes(text)
    for (const size of [1, 5 * MIB, 60 * GIB]) {
      t.same(read && listSizes(read, size), listSizes(schedule, size), text)
    }
  }
  for (const text of [undefined, '', '0', '-1', '5M', '5 1', '5 1 0 9', '1e9', '5 1000 400 9 9']) {
    t.equal(parsePartSizes(text), undefined, text ?? 'none')
  }
  const tiny = parsePartSizes('1')
  t.same(tiny && listSizes(tiny, MIB), [], 'more parts than there can be')
  t.end()
})

void t.test('which ETags are MD5s', (t) => {
  const hash = '0123456789abcdef0123456789abcdef'
  const kind = (
    reply: Partial<HeadObjectCommandOutput>,
    endpoint: string | undefined,
    { requestId = 'X', bucket = 'b' } = {},
  ) =>
    etagKind(
      { ETag: `"${hash}"`, ...reply, $metadata: { requestId } },
      bucket,
      profileFor(endpoint),
    )
  const other = 'http://minio.example'
  t.equal(kind({}, undefined), 'md5', 'AWS')
  t.equal(kind({ ETag: `"${hash}-12"` }, undefined), 'md5', 'AWS, parts')
  t.equal(kind({ ServerSideEncryption: 'AES256' }, undefined), 'md5', 'SSE-S3')
  t.equal(kind({ ServerSideEncryption: 'aws:kms' }, undefined), 'other', 'SSE-KMS')
  t.equal(kind({ ServerSideEncryption: 'aws:kms:dsse' }, undefined), 'other', 'DSSE-KMS')
  t.equal(kind({ SSECustomerAlgorithm: 'AES256' }, undefined), 'other', 'SSE-C')
  t.equal(kind({}, undefined, { bucket: 'b--use1-az4--x-s3' }), 'unknown', 'directory bucket')
  t.equal(kind({}, 'https://a.r2.cloudflarestorage.com'), 'md5', 'R2')
  t.equal(kind({}, other, { requestId: CEPH }), 'md5', 'Ceph')
  t.equal(kind({}, other, { requestId: 'txd4b1c4d8c1b14f6fb5d0a-005f1b2c3d' }), 'md5', 'Swift')
  t.equal(kind({}, other), 'unknown', 'any other')
  t.equal(kind({ ETag: '"0x8D5"' }, undefined), 'other', 'not even hexadecimal')
  t.equal(kind({ ETag: `"${hash}-N"` }, undefined), 'other', "Swift's own large objects")
  t.end()
})

void t.test('what is uploaded here can be verified anywhere', async (t) => {
  const { fake, store } = await setup(t, { ignorePartNumber: true })
  // parts that grow, and more bytes than are hashed in this thread
  const schedule = { floor: MIB, steady: 2, doubleEvery: 2, ceiling: 8 * MIB, maxParts: 10_000 }
  const data = pattern(21 * MIB + 5)
  const upload = await store.createUpload('k', { metadata: { a: '1' }, schedule, overwrite: false })
  let at = 0
  const sent = []
  for (const body of cut(data, listSizes(schedule, data.length))) {
    sent.push(await sendPart(upload, sent.length + 1, at, body))
    at += body.length
  }
  await upload.complete(sent)
  t.match(fake.objects.get('k')?.etag, /-7"$/)
  t.same((await store.head('k')).metadata, { a: '1' }, 'it is no metadata of the user')
  t.same(await verdictOf(store), { kind: 'same', by: 'MD5' })
  fake.faults = ({ op, nth }) =>
    op === 'GetObject' && nth % 20 === 7 ? { corrupt: true } : undefined
  await t.rejects(verdictOf(store), { code: 'checksum-mismatch', exitStatus: 3 })
})

void t.test('objects of other programs', async (t) => {
  const data = pattern(1000)
  for (const [sizes, ignorePartNumber, expected] of [
    [[400, 400, 200], false, { kind: 'same', by: 'MD5' }],
    [[1000], true, { kind: 'same', by: 'MD5' }],
    // unequal, though the first fits; and where it does not
    [[400, 500, 100], false, { kind: 'doubt' }],
    [[200, 700, 100], false, { kind: 'unchecked' }],
    [[400, 400, 200], true, { kind: 'unchecked' }],
  ] as const) {
    const { fake, store } = await setup(t, { ignorePartNumber })
    fake.putParts('k', cut(data, sizes))
    t.match(await verdictOf(store), expected, sizes.join())
  }
})

void t.test('a copy with other parts, which has kept the metadata', async (t) => {
  const { fake, store } = await setup(t)
  fake.putParts('k', cut(pattern(1000), [450, 550]), { 'part-sizes': '500' })
  t.match(await verdictOf(store), { kind: 'doubt' })
})

void t.test('an error answer to a range is asked for once, and shown', async (t) => {
  const xml = '<Error><Code>AccessDenied</Code><Message>not on Sundays</Message></Error>'
  for (const chunked of [true, false]) {
    const asked: (string | undefined)[] = []
    const server = createServer((request, response) => {
      asked.push(request.method)
      const length = chunked ? {} : { 'content-length': xml.length }
      response.writeHead(403, { 'content-type': 'application/xml', ...length })
      response.write(xml.slice(0, 20))
      setTimeout(() => response.end(xml.slice(20)), 20)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    const store = open(t, `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
    const into = Buffer.alloc(10)
    await t.rejects(store.read('k', { offset: 0, into, etag: '"e"', size: 10 }), {
      code: 'access-denied',
      message: /403 AccessDenied: not on Sundays/,
    })
    t.same(asked, ['GET'])
  }
})
