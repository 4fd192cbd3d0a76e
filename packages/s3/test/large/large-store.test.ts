import { Buffer } from 'node:buffer'
import { AWS_PART_LIMITS, MIB, partSchedule } from '@z3/core'
import { pattern, type FakeS3, type FakeS3Options } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { download } from '../../src/engine/download.js'
import type { Source } from '../../src/engine/source.js'
import { upload, type UploadRequest } from '../../src/engine/upload.js'
import { FileStore } from '../../src/file/store.js'
import { LargeObjectStore } from '../../src/large/large-store.js'
import type { ObjectStore } from '../../src/object-store.js'
import type { DamagedObject, ObjectSummary } from '../../src/object-info.js'
import { put } from '../contract/fixture.js'
import { fakeStore } from '../fake-store.js'
import { objectStoreContract } from '../object-store-contract.js'

const KEY = 'tank/data@a'
const LIMIT = 4 * MIB
const MEMORY = 8 * MIB

const setup = async (t: Test, options: FakeS3Options = {}) => {
  const { fake, store } = await fakeStore(t, options)
  return { fake, inner: store, store: new LargeObjectStore(store, LIMIT) }
}

const sourceOf = (data: Uint8Array, end?: Error): Source => {
  let at = 0
  return {
    fill: (into, onChunk) => {
      const chunk = data.subarray(at, at + into.byteLength)
      if (chunk.byteLength < into.byteLength && end) return Promise.reject(end)
      into.set(chunk)
      onChunk(into.subarray(0, chunk.byteLength))
      at += chunk.byteLength
      return Promise.resolve(chunk.byteLength)
    },
    close: () => undefined,
  }
}

const store = (to: ObjectStore, data: Uint8Array, more: Partial<UploadRequest> = {}, end?: Error) =>
  upload(to, () => sourceOf(data, end), {
    key: KEY,
    schedule: partSchedule({ chunkSize: MIB }, AWS_PART_LIMITS, MEMORY),
    concurrency: 3,
    memory: MEMORY,
    metadata: { isfull: 'true' },
    overwrite: false,
    commit: () => Promise.resolve(),
    ...more,
  })

const fetch = async (from: ObjectStore, key = KEY) => {
  const chunks: Buffer[] = []
  const verdict = await download(from, {
    info: await from.head(key),
    chunkSize: 3 * MIB,
    concurrency: 3,
    memory: MEMORY,
    write: (chunk) => Promise.resolve(chunks.push(Buffer.from(chunk))),
  })
  return { data: Buffer.concat(chunks), verdict }
}

const list = async (from: ObjectStore, prefix = ''): Promise<(ObjectSummary | DamagedObject)[]> => {
  const found = []
  for await (const item of from.list(prefix)) found.push(item)
  return found
}

const keys = (fake: FakeS3) => [...fake.objects.keys()].sort()
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  )

await t.test('a store of large objects is a store', async (t) => {
  const files = new LargeObjectStore(new FileStore(t.testdir()), LIMIT)
  await objectStoreContract(t, 'large, files', () => Promise.resolve(files), { resumes: false })
})

for (const checksums of [true, false]) {
  await t.test(`three objects are one, ${checksums ? 'CRC-32' : 'MD5'}`, async (t) => {
    const options = { checksums, requestId: 'tx00000c0ffee00c0ffee00-0068a1b2c3-1234-default' }
    const { fake, inner } = await (async () => {
      const { fake, store: inner } = await fakeStore(t, options, { trustedWire: checksums })
      return { fake, inner }
    })()
    const large = new LargeObjectStore(inner, LIMIT)
    const data = pattern(2 * LIMIT + 12345)
    const { info, parts } = await store(large, data)
    t.equal(parts, 9)
    t.same(keys(fake), [KEY, `${KEY}.z3+001`, `${KEY}.z3+002`])
    t.same(
      keys(fake).map((key) => fake.objects.get(key)?.body.length),
      [LIMIT, LIMIT, 12345],
    )
    t.equal(info.size, data.length)
    t.same(info.metadata, { isfull: 'true' })
    t.match(info.etag, /^"z3-[0-9a-f]{32}-3"$/)
    t.same(await large.head(KEY), info)
    const listed = await list(large)
    t.match(listed, [{ key: KEY, size: data.length, etag: info.etag, objects: 3 }])
    t.equal(listed.length, 1)
    const got = await fetch(large)
    t.ok(got.data.equals(data), 'every byte')
    t.same(got.verdict, { kind: 'same', by: checksums ? 'CRC-32' : 'MD5' })
    t.ok((await fetch(large, `${KEY}.z3+002`)).data.equals(data.subarray(2 * LIMIT)), 'one of them')

    const middle = fake.objects.get(`${KEY}.z3+001`)
    if (!middle) throw new Error('no second object')
    middle.body[7] = 255 - (middle.body[7] ?? 0)
    t.equal(await codeOf(fetch(large)), 'checksum-mismatch')
    await t.rejects(fetch(large), { message: new RegExp(`'${KEY}.z3\\+001'`) }, 'it is named')

    fake.requests.length = 0
    await large.delete(KEY, undefined, info.etag)
    t.same(keys(fake), [])
    t.same(
      fake.requests.filter(({ op }) => op === 'DeleteObject').map(({ key }) => key),
      [KEY, `${KEY}.z3+001`, `${KEY}.z3+002`],
      'the first one is the commit',
    )
  })
}

await t.test('KEY appears last, whatever fails before', async (t) => {
  const data = pattern(LIMIT + MIB)
  const { fake, store: large } = await setup(t)
  let commits = 0
  const commit = () => {
    commits += 1
    t.same(keys(fake), [], 'nothing is visible before the commit')
    return Promise.resolve()
  }
  const order: (string | undefined)[] = []
  fake.faults = ({ op, key }) => {
    if (op === 'CompleteMultipartUpload') order.push(key)
    return undefined
  }
  await store(large, data, { commit })
  t.equal(commits, 1)
  t.same(order, [`${KEY}.z3+001`, KEY])

  await large.delete(KEY, undefined, (await large.head(KEY)).etag)
  const refused = { status: 403, code: 'AccessDenied' }
  const failing: readonly (readonly [string, Parameters<typeof store>[2], FakeS3['faults']])[] = [
    ['the commit', { commit: () => Promise.reject(new Error('the producer died')) }, undefined],
    [
      'Create of the second',
      {},
      ({ op, key }) =>
        op === 'CreateMultipartUpload' && key.endsWith('+001') ? refused : undefined,
    ],
    [
      'a part of the second',
      {},
      ({ op, key }) => (op === 'UploadPart' && key.endsWith('+001') ? refused : undefined),
    ],
    [
      'Complete of the second',
      {},
      ({ op, key }) =>
        op === 'CompleteMultipartUpload' && key.endsWith('+001') ? refused : undefined,
    ],
    [
      'Complete of KEY',
      {},
      ({ op, key }) => (op === 'CompleteMultipartUpload' && key === KEY ? refused : undefined),
    ],
  ]
  for (const [what, more, faults] of failing) {
    fake.faults = faults
    t.not(await codeOf(store(large, data, more)), 'ok', what)
    t.same(keys(fake), [], `${what}: no object`)
    t.equal(fake.uploads.size, 0, `${what}: no upload`)
  }
  fake.faults = undefined
  t.not(await codeOf(store(large, data, {}, new Error('read failed'))), 'ok')
  t.same([keys(fake), fake.uploads.size], [[], 0])
})

await t.test('a stream that ends at the limit says so', async (t) => {
  const { fake, store: large } = await setup(t)
  const data = pattern(LIMIT)
  await store(large, data)
  t.equal(fake.objects.get(`${KEY}.z3+001`)?.body.length, 0)
  t.equal((await large.head(KEY)).size, LIMIT)
  t.ok((await fetch(large)).data.equals(data))
  t.match(await list(large), [{ key: KEY, size: LIMIT, objects: 2 }])
})

await t.test('a part of the stream never passes for the whole', async (t) => {
  const { fake, store: large } = await setup(t)
  await store(large, pattern(2 * LIMIT + 5))
  const objects = new Map(fake.objects)
  const cases: readonly (readonly [string, () => void, RegExp])[] = [
    ['the second is gone', () => fake.objects.delete(`${KEY}.z3+001`), /z3\+001' does not exist/],
    ['the last is gone', () => fake.objects.delete(`${KEY}.z3+002`), /z3\+002' does not exist/],
    [
      'both are gone',
      () => {
        fake.objects.delete(`${KEY}.z3+001`)
        fake.objects.delete(`${KEY}.z3+002`)
      },
      /z3\+001' does not exist/,
    ],
    ['another object', () => fake.put(`${KEY}.z3+001`, 'x'), /z3\+001' does not belong to it/],
    [
      'of another stream',
      () =>
        fake.put(`${KEY}.z3+001`, 'x', { 'object-limit': `${String(LIMIT)} ${'0'.repeat(24)} 1` }),
      /z3\+001' does not belong to it/,
    ],
    [
      'swapped',
      () => {
        const last = objects.get(`${KEY}.z3+002`)
        if (last) fake.objects.set(`${KEY}.z3+001`, last)
      },
      /z3\+001' does not belong to it/,
    ],
  ]
  for (const [what, harm, message] of cases) {
    harm()
    await t.rejects(large.head(KEY), { code: 'size-mismatch', message }, what)
    const [first] = await list(large)
    if (first && 'problem' in first) t.match(first.problem, { code: 'size-mismatch' }, what)
    else t.equal(what, 'both are gone', 'then the listing shows KEY, and HEAD finds the fault')
    for (const [key, object] of objects) fake.objects.set(key, object)
  }
  t.equal((await large.head(KEY)).size, 2 * LIMIT + 5)
  fake.objects.delete(KEY)
  t.equal(await codeOf(large.head(KEY)), 'no-such-key')
  t.same(
    (await list(large)).map(({ key }) => key),
    [`${KEY}.z3+001`, `${KEY}.z3+002`],
    'leftovers are listed by themselves',
  )
})

await t.test('a continuation that was replaced is not read', async (t) => {
  const { fake, store: large } = await setup(t)
  await store(large, pattern(LIMIT + 5))
  const { etag, size } = await large.head(KEY)
  const old = fake.objects.get(`${KEY}.z3+001`)
  fake.put(`${KEY}.z3+001`, 'other', old?.metadata)
  const into = new Uint8Array(5)
  t.equal(await codeOf(large.read(KEY, { offset: LIMIT, into, etag, size })), 'object-changed')
  t.not((await large.head(KEY)).etag, etag)
})

await t.test('names like those of continuations', async (t) => {
  const { fake, store: large } = await setup(t)
  await store(large, pattern(LIMIT + 5))
  // between KEY and KEY.z3+001 in the order of keys, and after
  const others = [
    `${KEY}-b`,
    `${KEY}.full`,
    `${KEY}.z3+000`,
    `${KEY}.z3+01`,
    `${KEY}.z3`,
    `${KEY}1`,
  ]
  for (const key of others) fake.put(key, key)
  fake.put('plain', 'one')
  fake.put('plain.z3+001', 'two')
  fake.put('alone.z3+007', 'three')
  const listed = await list(large)
  const expected = [KEY, ...others, 'plain', 'plain.z3+001', 'alone.z3+007'].sort()
  t.same(
    listed.map(({ key }) => key),
    expected,
    'in order, and only what belongs together is one',
  )
  t.match(
    listed.find(({ key }) => key === KEY),
    { size: LIMIT + 5, objects: 2 },
  )
  t.equal((await large.head('plain')).size, 3)
  t.equal((await large.head(`${KEY}.z3+001`)).size, 5)
})

await t.test('keys in use are found before the continuation is uploaded', async (t) => {
  const { fake, store: large } = await setup(t)
  fake.put(`${KEY}.z3+001`, 'left by a run that died')
  const data = pattern(LIMIT + 5)
  fake.requests.length = 0
  t.equal(await codeOf(store(large, data)), 'object-exists')
  t.equal(fake.requests.filter(({ op, key }) => op === 'UploadPart' && key !== KEY).length, 0)
  t.same([keys(fake), fake.uploads.size], [[`${KEY}.z3+001`], 0])
  fake.objects.clear()

  const { info } = await store(large, data)
  for (const more of [data, pattern(5)]) {
    t.equal(await codeOf(store(large, more, { overwrite: true })), 'object-exists')
  }
  t.same(await large.head(KEY), info, 'a large object is not replaced')
  t.equal(fake.uploads.size, 0)
})

await t.test('a lost answer to the Complete of a continuation is a failure', async (t) => {
  const { fake, inner } = await setup(t)
  const large = new LargeObjectStore(inner, LIMIT)
  fake.faults = ({ op, key }) =>
    op === 'HeadObject' && key === `${KEY}.z3+001` && fake.objects.has(key)
      ? { status: 403, code: 'AccessDenied' }
      : undefined
  const code = await codeOf(store(large, pattern(LIMIT + 5)))
  t.equal(code, 'store-rejected', 'not exit status 6: KEY is not stored')
  t.notOk(fake.objects.has(KEY))
  t.equal(fake.uploads.size, 0)
})

await t.test('files', async (t) => {
  const root = t.testdir()
  const large = new LargeObjectStore(new FileStore(root), LIMIT)
  const data = pattern(LIMIT + 99)
  const { info } = await store(large, data)
  t.equal(info.size, data.length)
  t.ok((await fetch(large)).data.equals(data))
  t.match(await list(large), [{ key: KEY, size: data.length, objects: 2 }])
  await new FileStore(root).delete(`${KEY}.z3+001`)
  t.equal(await codeOf(large.head(KEY)), 'size-mismatch')
})

await t.test('metadata without room for the limit', async (t) => {
  const { fake, store: large } = await setup(t)
  const metadata = { long: 'x'.repeat(2020) }
  t.equal(await codeOf(store(large, pattern(LIMIT + 5), { metadata })), 'ok')
  t.same(keys(fake), [KEY], 'one object, as the schedule allows')
})

await t.test('an object without metadata is one object', async (t) => {
  const { store: large } = await setup(t)
  await put(large, 'k', pattern(10))
  t.notOk('pieces' in (await large.head('k')))
})
