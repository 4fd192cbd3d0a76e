import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { AWS_PART_LIMITS, MIB, partSchedule } from '@z3/core'
import { until } from '@z3/fixtures'
import pLimit from 'p-limit'
import t from 'tap'
import { PartsInFlight } from '../../src/engine/parts-in-flight.js'
import { upload } from '../../src/engine/upload.js'
import type { MultipartUpload, UploadedPart } from '../../src/multipart-upload.js'
import type { ObjectStore } from '../../src/object-store.js'
import { partHasher } from '../../src/part-hasher.js'
import { fakeStore } from '../fake-store.js'

/** A limit of which all places are taken. */
const busy = (most: number) => {
  const limit = pLimit(most)
  for (let n = 0; n < most; n++) void limit(() => new Promise(() => undefined))
  return limit
}

const times = (count: number, action: () => void): void => {
  for (let n = 0; n < count; n++) action()
}

void t.test('half as many, then one more after as many as are in flight', async (t) => {
  const limit = busy(8)
  await turn()
  const parts = new PartsInFlight(limit)
  const sent = () => {
    parts.sent()
  }
  const refused = () => {
    parts.refused()
  }
  times(8, refused)
  t.equal(limit.concurrency, 4, 'all eight met one overload')
  times(3, sent)
  t.equal(limit.concurrency, 4)
  sent()
  t.equal(limit.concurrency, 5)
  times(4, sent)
  refused()
  t.equal(limit.concurrency, 2, 'another one')
  times(100, sent)
  t.equal(limit.concurrency, 8, 'never more than allowed')
})

void t.test('at least one', async (t) => {
  const limit = busy(2)
  await turn()
  const parts = new PartsInFlight(limit)
  for (let n = 0; n < 5; n++) {
    parts.refused()
    parts.sent()
    parts.sent()
  }
  t.ok(limit.concurrency >= 1)
})

void t.test('an upload sends fewer parts at once to a server that is overloaded', async (t) => {
  const waiting: (() => void)[] = []
  const begun: number[] = []
  const target: Pick<MultipartUpload, 'hasher' | 'uploadPart' | 'complete' | 'abort'> = {
    hasher: () => partHasher([]),
    uploadPart: async ({ partNumber, body }, _signal, onOverload): Promise<UploadedPart> => {
      begun.push(partNumber)
      if (partNumber === 1) onOverload?.()
      await new Promise<void>((resolve) => waiting.push(resolve))
      return { partNumber, size: body.byteLength, etag: '"e"', crc32: undefined }
    },
    complete: () => Promise.resolve({ key: 'k', size: 0, etag: '', metadata: {} } as never),
    abort: () => Promise.resolve(),
  }
  const store: Pick<ObjectStore, 'exists' | 'createUpload'> = {
    exists: () => Promise.resolve(false),
    createUpload: () => Promise.resolve(target as MultipartUpload),
  }
  let left = 12
  const source = {
    size: undefined,
    fill: (into: Uint8Array) => Promise.resolve(left-- > 0 ? into.byteLength : 0),
    close: () => undefined,
  }
  const done = upload(store as ObjectStore, () => source, {
    key: 'k',
    schedule: partSchedule({ chunkSize: 5 * MIB }, AWS_PART_LIMITS, 60 * MIB),
    concurrency: 4,
    memory: 60 * MIB,
    metadata: {},
    overwrite: false,
    commit: () => Promise.resolve(),
  })
  await until('two parts', () => begun.length > 1)
  await sleep(50)
  t.strictSame(begun, [1, 2], 'two of four places')
  for (let n = 1; n <= 12; n++) {
    await until('a part', () => waiting.length > 0)
    waiting.shift()?.()
  }
  await done
  t.equal(begun.length, 12)
})

void t.test('what a store calls an overload', async (t) => {
  for (const [title, fault, expected] of [
    ['503', { status: 503, code: 'SlowDown' }, 1],
    ['429', { status: 429, code: 'TooManyRequests' }, 1],
    ['500', { status: 500, code: 'InternalError' }, 0],
  ] as const) {
    const { store } = await fakeStore(t, {
      faults: ({ op, nth }) => (op === 'UploadPart' && nth === 1 ? fault : undefined),
    })
    const begun = await store.createUpload('k', { metadata: {}, overwrite: false })
    const hasher = begun.hasher()
    const body = Buffer.from('12345')
    hasher.update(body)
    let overloads = 0
    const part = { partNumber: 1, offset: 0, body, digest: hasher.digest() }
    await begun.uploadPart(part, undefined, () => {
      overloads += 1
    })
    t.equal(overloads, expected, title)
    await begun.abort()
  }
})
