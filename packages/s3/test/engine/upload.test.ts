import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AWS_PART_LIMITS, MIB, partSchedule } from '@z3/core'
import { pattern, type FakeS3 } from '@z3/fixtures'
import t from 'tap'
import { openSource } from '../../src/engine/open-source.js'
import type { Source } from '../../src/engine/source.js'
import { upload, type UploadRequest } from '../../src/engine/upload.js'
import { fakeStore as setup } from '../fake-store.js'
import { fifo } from './fifo.js'

const KEY = 'tank/data@a b+ü'
const PART = 5 * MIB

/** A source that has its bytes at hand. */
const bufferSource = (data: Uint8Array, end?: () => Error): Source => {
  let at = 0
  return {
    fill: (into, onChunk) => {
      const chunk = data.subarray(at, at + into.byteLength)
      if (chunk.byteLength < into.byteLength && end) return Promise.reject(end())
      into.set(chunk)
      onChunk(into.subarray(0, chunk.byteLength))
      at += chunk.byteLength
      return Promise.resolve(chunk.byteLength)
    },
    close: () => undefined,
  }
}

const request = (more: Partial<UploadRequest> = {}): UploadRequest => ({
  key: KEY,
  schedule: partSchedule({ chunkSize: PART }, AWS_PART_LIMITS, 30 * MIB),
  concurrency: 4,
  memory: 30 * MIB,
  metadata: { size: '7' },
  overwrite: false,
  commit: () => Promise.resolve(),
  ...more,
})

/** The code of the error that a promise fails with. */
const failure = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    return await promise
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message
  }
}

const ops = (fake: FakeS3) => fake.requests.map(({ op }) => op)

void t.test('a slow server, a drained pool, and every byte is right', async (t) => {
  const data = pattern(40 * MIB + 4321)
  const dir = t.testdir({ data })
  const { fake, store } = await setup(t, {
    faults: ({ op }) => (op === 'UploadPart' ? { slow: 40 * MIB } : undefined),
  })
  const { fd } = fifo(dir, 'cat "$1"', [`${dir}/data`])
  const { info, parts } = await upload(
    store,
    () => openSource(fd),
    // two buffers: while one is sent, the other fills, and then nothing is read
    request({ memory: 2 * PART, concurrency: 4 }),
  )
  t.equal(parts, 9)
  t.equal(info.size, data.length)
  t.same(info.metadata, { size: '7' })
  t.ok(fake.objects.get(KEY)?.body.equals(data), 'every byte')
  t.equal(fake.uploads.size, 0)
})

void t.test('the ETag is the one that S3 documents', async (t) => {
  const { store } = await setup(t)
  // 512-byte records: byte 2k is c, byte 2k+1 is k mod 256
  const data = Buffer.alloc(6 * MIB)
  for (let i = 0; i < data.length; i++) {
    data[i] = i % 2 === 0 ? Math.floor(i / MIB) : Math.floor((i % 512) / 2) % 256
  }
  const { info } = await upload(store, () => bufferSource(data), request())
  t.equal(info.etag, '"d229c1fc0e509475afe56426c89d2724-2"')
})

void t.test('a server that keeps checksums is held to them', async (t) => {
  const data = pattern(12 * MIB)
  const { fake, store } = await setup(t, { checksums: true }, { trustedWire: true })
  const { info } = await upload(store, () => bufferSource(data), request())
  t.type(info.crc32, 'number')
  const part = fake.requests.find(({ op }) => op === 'UploadPart')
  t.ok(part?.headers['x-amz-checksum-crc32'])
  t.equal(part?.headers['x-amz-content-sha256'], 'UNSIGNED-PAYLOAD')
})

void t.test('what is sent with a part', async (t) => {
  const { fake, store } = await setup(t)
  const data = pattern(PART)
  await upload(store, () => bufferSource(data), request())
  const [part] = fake.requests.filter(({ op }) => op === 'UploadPart')
  t.equal(
    part?.headers['x-amz-content-sha256'],
    createHash('sha256').update(data).digest('hex'),
    'a signed SHA-256',
  )
  t.notOk(part?.headers['expect'], 'no pause for 100 Continue')
  t.notOk(part?.headers['content-encoding'], 'no aws-chunked')
  t.notOk(part?.headers['x-amz-storage-class'])
  const create = fake.requests.find(({ op }) => op === 'CreateMultipartUpload')
  t.notOk(create?.headers['x-amz-storage-class'], 'nor a storage class')
  t.notOk(create?.headers['x-amz-acl'], 'nor an ACL, but on AWS')
})

void t.test('parts grow, within the same memory', async (t) => {
  const { fake, store } = await setup(t)
  const data = pattern(75 * MIB + 1)
  const schedule = {
    floor: PART,
    steady: 2,
    doubleEvery: 2,
    ceiling: 20 * MIB,
    maxParts: 10_000,
  }
  const { parts } = await upload(
    store,
    () => bufferSource(data),
    request({ schedule, memory: 20 * MIB }),
  )
  t.equal(parts, 7)
  t.ok(fake.objects.get(KEY)?.body.equals(data))
  t.same(
    fake.requests
      .filter(({ op }) => op === 'UploadPart')
      .sort((a, b) => (a.partNumber ?? 0) - (b.partNumber ?? 0))
      .map(({ bodyLength }) => bodyLength / MIB),
    [5, 5, 10, 10, 20, 20, 5 + 1 / MIB],
  )
})

void t.test('a part is tried again', async (t) => {
  const data = pattern(11 * MIB)
  for (const [name, fault] of [
    ['503', { status: 503, code: 'SlowDown' }],
    ['500', { status: 500, code: 'InternalError' }],
    ['a reset before the body', { reset: 'before' }],
    ['a reset amid the body', { reset: 'midBody' }],
    ['a lost reply', { reset: 'after' }],
    ['damage on the way', { corrupt: true }],
  ] as const) {
    const seen: number[] = []
    const { fake, store } = await setup(
      t,
      {
        faults: ({ op, partNumber, nth }) =>
          op === 'UploadPart' && partNumber === 2 && nth <= 3 && seen.length < 1
            ? fault
            : undefined,
      },
      {
        onRetry: ({ attempt }) => {
          seen.push(attempt)
        },
      },
    )
    const { info } = await upload(store, () => bufferSource(data), request())
    t.equal(info.size, data.length, name)
    t.ok(fake.objects.get(KEY)?.body.equals(data), 'every byte')
    t.same(seen, [1], 'one attempt failed')
  }
})

void t.test('a part that stalls is sent again', async (t) => {
  const data = pattern(11 * MIB)
  const { fake, store } = await setup(
    t,
    {
      faults: ({ op, partNumber, attempt }) =>
        op === 'UploadPart' && partNumber === 2 && attempt === 1 ? { stall: true } : undefined,
    },
    // a machine that is busy for so long costs an attempt, and no more
    { idleTimeout: 2000, attempts: 1000 },
  )
  const { info } = await upload(store, () => bufferSource(data), request())
  t.equal(info.size, data.length)
  t.ok(fake.objects.get(KEY)?.body.equals(data), 'every byte')
})

void t.test('attempts are counted, and the rest is aborted', async (t) => {
  const { fake, store } = await setup(t, {
    faults: ({ op }) => (op === 'UploadPart' ? { status: 503, code: 'SlowDown' } : undefined),
  })
  t.equal(
    await failure(upload(store, () => bufferSource(pattern(PART)), request({ concurrency: 1 }))),
    'store-unavailable',
  )
  t.equal(ops(fake).filter((op) => op === 'UploadPart').length, 3)
  t.equal(fake.uploads.size, 0, 'nothing is pending')
  t.equal(fake.objects.size, 0, 'nothing is there')
})

void t.test('what is not worth another attempt gets none', async (t) => {
  const { fake, store } = await setup(t, {
    faults: ({ op }) => (op === 'UploadPart' ? { status: 403, code: 'AccessDenied' } : undefined),
  })
  t.equal(
    await failure(upload(store, () => bufferSource(pattern(PART)), request({ concurrency: 1 }))),
    'access-denied',
  )
  t.equal(ops(fake).filter((op) => op === 'UploadPart').length, 1)
  t.equal(fake.uploads.size, 0)
})

void t.test('a doubtful Complete is settled by looking', async (t) => {
  const data = pattern(6 * MIB)
  for (const [name, fault, left] of [
    ['a lost reply', { reset: 'after' }, 1],
    ['a lost request', { reset: 'before' }, 1],
    ['200 with an error in it', { error200: 'InternalError' }, 1],
    ['a 503', { status: 503, code: 'SlowDown' }, 1],
  ] as const) {
    let once = 0
    const { fake, store } = await setup(t, {
      faults: ({ op }) => (op === 'CompleteMultipartUpload' && once++ < left ? fault : undefined),
    })
    const { info } = await upload(store, () => bufferSource(data), request())
    t.equal(info.size, data.length, name)
    t.ok(fake.objects.get(KEY)?.body.equals(data))
    t.equal(fake.uploads.size, 0)
  }
})

void t.test('a Complete that fails for good leaves nothing', async (t) => {
  const { fake, store } = await setup(t, {
    faults: ({ op }) =>
      op === 'CompleteMultipartUpload' ? { error200: 'InternalError' } : undefined,
  })
  t.equal(
    await failure(upload(store, () => bufferSource(pattern(PART)), request())),
    'store-unavailable',
  )
  t.equal(fake.objects.size, 0)
  t.equal(fake.uploads.size, 0)
})

void t.test('a completed object that is not what was sent', async (t) => {
  const { fake, store } = await setup(t, {
    faults: ({ op }) => {
      const object = fake.objects.get(KEY)
      if (op === 'HeadObject' && object) {
        fake.put(KEY, Buffer.concat([object.body, Buffer.from('x')]))
      }
      return undefined
    },
  })
  t.equal(
    await failure(upload(store, () => bufferSource(pattern(PART)), request())),
    'object-changed',
  )
  t.ok(fake.objects.has(KEY), 'the work of another is left alone')
})

void t.test('nothing is overwritten by accident', async (t) => {
  const { fake, store } = await setup(t)
  fake.put(KEY, 'old')
  let opened = false
  const open = () => {
    opened = true
    return bufferSource(pattern(100))
  }
  t.equal(await failure(upload(store, open, request())), 'object-exists')
  t.notOk(opened, 'nothing was read')
  t.notOk(ops(fake).includes('CreateMultipartUpload'))
  await upload(store, open, request({ overwrite: true }))
  t.equal(fake.objects.get(KEY)?.body.length, 100, '--overwrite does')

  void t.test('by one that came between', async (t) => {
    const { fake, store } = await setup(t)
    const commit = () => {
      fake.put(KEY, 'rival')
      return Promise.resolve()
    }
    t.equal(
      await failure(upload(store, () => bufferSource(pattern(100)), request({ commit }))),
      'object-exists',
    )
    t.equal(fake.objects.get(KEY)?.body.toString(), 'rival')
    t.equal(fake.uploads.size, 0)
  })
})

void t.test('an empty stream is an error', async (t) => {
  const { fake, store } = await setup(t)
  t.equal(
    await failure(upload(store, () => bufferSource(Buffer.alloc(0)), request())),
    'empty-input',
  )
  t.equal(fake.uploads.size, 0)
  t.equal(fake.objects.size, 0)
})

void t.test('nobody vouches', async (t) => {
  const { fake, store } = await setup(t)
  const commit = () => Promise.reject(new Error('the producer died'))
  t.equal(
    await failure(upload(store, () => bufferSource(pattern(12 * MIB)), request({ commit }))),
    'the producer died',
  )
  t.notOk(ops(fake).includes('CompleteMultipartUpload'))
  t.equal(fake.uploads.size, 0)
})

void t.test('the source fails', async (t) => {
  const { fake, store } = await setup(t)
  t.equal(
    await failure(
      upload(
        store,
        () => bufferSource(pattern(12 * MIB), () => new Error('read error')),
        request(),
      ),
    ),
    'read error',
  )
  t.equal(fake.uploads.size, 0)
})

void t.test('a stream that does not fit', async (t) => {
  const { fake, store } = await setup(t)
  const schedule = partSchedule({ chunkSize: PART }, { ...AWS_PART_LIMITS, maxParts: 2 }, 30 * MIB)
  const uploadOf = (size: number) =>
    upload(store, () => bufferSource(pattern(size)), request({ schedule, overwrite: true }))
  t.equal(await failure(uploadOf(2 * PART + 1)), 'stream-too-large')
  t.equal(fake.objects.size, 0)
  t.equal((await uploadOf(2 * PART)).parts, 2, 'the last byte that fits')
})

void t.test('an abort from outside', async (t) => {
  const { fake, store } = await setup(t, {
    faults: ({ op }) => (op === 'UploadPart' ? { stall: true } : undefined),
  })
  const controller = new AbortController()
  const running = failure(
    upload(store, () => bufferSource(pattern(40 * MIB)), request({ signal: controller.signal })),
  )
  while (!ops(fake).includes('UploadPart')) await sleep(5)
  controller.abort(new Error('enough'))
  t.equal(await running, 'enough')
  t.equal(fake.uploads.size, 0)
})
