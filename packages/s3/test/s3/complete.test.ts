import { setTimeout as sleep } from 'node:timers/promises'
import { until, type FakeS3, type FakeS3Options } from '@z3/fixtures'
import t, { type Test } from 'tap'
import type { ObjectInfo } from '../../src/object-info.js'
import type { S3Options } from '../../src/s3/connection/s3-options.js'
import { S3Store } from '../../src/s3/s3-store.js'
import { sendPart } from '../contract/fixture.js'
import { fakeStore, hurry } from '../fake-store.js'

const KEY = 'k'
const BODY = Buffer.from('what is stored')

const setup = (t: Test, options: FakeS3Options = {}, more: Partial<S3Options> = {}) =>
  fakeStore(t, options, { clock: hurry(), ...more })

/** Upload one part and complete. */
const put = async (
  store: S3Store,
  {
    overwrite = false,
    signal,
    notes = [],
  }: {
    overwrite?: boolean
    signal?: AbortSignal
    notes?: string[]
  } = {},
): Promise<ObjectInfo> => {
  const upload = await store.createUpload(KEY, {
    metadata: { a: '1' },
    overwrite,
    onNote: (line) => notes.push(line),
  })
  const part = await sendPart(upload, 1, 0, BODY)
  return await upload.complete([part], signal)
}

/** A promise, and what settles it. */
const gate = () => {
  const opened = new AbortController()
  const promise = new Promise((done) => {
    opened.signal.addEventListener('abort', done)
  })
  return {
    promise,
    resolve: () => {
      opened.abort()
    },
  }
}

const aborts = (fake: FakeS3) =>
  fake.requests.filter(({ op }) => op === 'AbortMultipartUpload').length

const forever = new Promise<never>(() => undefined)

void t.test('an ETag that no MD5 makes, and a lost reply', async (t) => {
  const { fake, store } = await setup(t, {
    foreignEtags: true,
    faults: ({ op }) => (op === 'CompleteMultipartUpload' ? { reset: 'after' } : undefined),
  })
  const info = await put(store)
  t.equal(info.size, BODY.length)
  t.same(info.metadata, { a: '1' }, 'the nonce is no metadata of the user')
  t.equal(fake.objects.size, 1)
})

void t.test('an ETag that no MD5 makes is a note', async (t) => {
  const { fake, store } = await setup(t, { foreignEtags: true })
  const notes: string[] = []
  await put(store, { notes })
  t.match(notes, [/ETag/])
  t.equal(fake.objects.size, 1, 'it is not deleted')
})

void t.test('a Complete that is silent for long is waited for', async (t) => {
  const { promise, resolve } = gate()
  const { fake, store } = await setup(
    t,
    {
      faults: ({ op }) => (op === 'CompleteMultipartUpload' ? { late: promise } : undefined),
    },
    { idleTimeout: 3_000, attempts: 20 },
  )
  const done = put(store)
  await until('Complete arrives', () =>
    fake.requests.some(({ op }) => op === 'CompleteMultipartUpload'),
  )
  await sleep(4_000)
  resolve()
  t.equal((await done).size, BODY.length)
  t.equal(fake.requests.filter(({ op }) => op === 'CompleteMultipartUpload').length, 1)
})

void t.test('a lost reply, and an object that comes later', async (t) => {
  const { promise, resolve } = gate()
  let looks = 0
  const { fake, store } = await setup(
    t,
    {
      faults: ({ op, nth }) => {
        if (op === 'CompleteMultipartUpload') {
          if (nth > 1) return { status: 404, code: 'NoSuchUpload' }
          return { late: promise }
        }
        if (op === 'HeadObject' && ++looks === 9) resolve()
        return undefined
      },
    },
    { completeTimeout: 1000 },
  )
  t.equal((await put(store)).size, BODY.length)
  t.equal(aborts(fake), 0)
})

void t.test('a lost reply, and nothing ever comes', async (t) => {
  const { fake, store } = await setup(t, {
    faults: ({ op, nth }) => {
      if (op !== 'CompleteMultipartUpload') return undefined
      return nth > 1 ? { status: 404, code: 'NoSuchUpload' } : { reset: 'before' }
    },
  })
  await t.rejects(put(store), { code: 'completion-unknown', exitStatus: 6 })
  t.equal(aborts(fake), 0)
})

void t.test('a refusal that comes after the deed', async (t) => {
  for (const status of [400, 403, 404, 500, 502]) {
    for (const code of ['', 'AccessDenied']) {
      const { fake, store } = await setup(t, {
        faults: ({ op }) =>
          op === 'CompleteMultipartUpload' ? { status, code, done: true } : undefined,
      })
      t.equal((await put(store)).size, BODY.length, `${String(status)} ${code}`)
      t.equal(fake.objects.size, 1)
    }
  }
})

void t.test('completed, and every look fails', async (t) => {
  for (const fault of [
    { status: 503 },
    { status: 403 },
    { status: 404 },
    { reset: 'before' },
  ] as const) {
    const { fake, store } = await setup(t, {
      faults: ({ op }) =>
        (op === 'HeadObject' || op === 'GetObject') && fake.objects.size > 0 ? fault : undefined,
    })
    await t.rejects(put(store), {
      code: 'completed-unchecked',
      exitStatus: 6,
      message: /was completed, but could not be verified/,
    })
    t.equal(fake.objects.size, 1)
  }
})

void t.test('a stale 404 after Complete', async (t) => {
  let left = 2
  const { fake, store } = await setup(t, {
    faults: ({ op }) =>
      op === 'HeadObject' && fake.objects.size > 0 && left-- > 0 ? { status: 404 } : undefined,
  })
  t.equal((await put(store)).size, BODY.length)
})

void t.test('a length that HEAD has wrong', async (t) => {
  for (const overwrite of [false, true]) {
    const notes: string[] = []
    const { fake, store } = await setup(t, {
      faults: ({ op }) => (op === 'HeadObject' ? { contentLength: 3 } : undefined),
    })
    t.equal((await put(store, { overwrite, notes })).size, BODY.length)
    t.match(notes, [/3 bytes for 'k' in HEAD and 14 in GET/])
    t.equal(fake.objects.size, 1)
  }
})

void t.test('an object that is proved wrong', async (t) => {
  for (const [body, overwrite] of [
    ['', false],
    ['short', false],
    ['short', true],
  ] as const) {
    const { fake, store } = await setup(t, {
      faults: ({ op }) => {
        const object = fake.objects.get(KEY)
        if (op === 'HeadObject' && object) {
          fake.objects.set(KEY, { ...object, body: Buffer.from(body) })
        }
        return undefined
      },
    })
    await t.rejects(put(store, { overwrite }), { code: 'size-mismatch' })
    t.equal(fake.objects.size, overwrite ? 1 : 0, 'deleted, unless it replaced')
  }
})

void t.test('another upload replaced it at once', async (t) => {
  const { fake, store } = await setup(t, {
    unconditional: true,
    faults: ({ op }) => {
      const object = fake.objects.get(KEY)
      if (op === 'HeadObject' && object) {
        const metadata = { ...object.metadata, 'upload-nonce': 'theirs' }
        fake.objects.set(KEY, { ...object, metadata })
      }
      return undefined
    },
  })
  await t.rejects(put(store), {
    code: 'object-changed',
    message: /then replaced by another object/,
  })
  t.equal(fake.objects.size, 1, 'which is left alone')
})

void t.test('Complete is silent', async (t) => {
  const { store } = await setup(
    t,
    { faults: ({ op }) => (op === 'CompleteMultipartUpload' ? { stall: true } : undefined) },
    { completeTimeout: 300 },
  )
  await t.rejects(put(store), {
    code: 'completion-unknown',
    message: /was completed: no response from the server within 0\.3 s$/,
  })
})

void t.test('a signal while Complete is silent', async (t) => {
  const { fake, store } = await setup(t, {
    faults: ({ op }) => (op === 'CompleteMultipartUpload' ? { late: forever } : undefined),
  })
  const controller = new AbortController()
  const done = put(store, { signal: controller.signal })
  const failed = t.rejects(done, {
    code: 'completion-unknown',
    message: /enough/,
  })
  await until('Complete arrives', () =>
    fake.requests.some(({ op }) => op === 'CompleteMultipartUpload'),
  )
  controller.abort(new Error('enough'))
  await failed
  t.equal(aborts(fake), 0)
})

void t.test('a checksum that was promised at Create and is missing at HEAD', async (t) => {
  const missing: FakeS3Options['faults'] = ({ op }) =>
    op === 'HeadObject' ? { headers: { 'x-amz-checksum-crc32': null } } : undefined
  for (const overwrite of [false, true]) {
    const { fake, store } = await setup(
      t,
      { checksums: true, faults: missing },
      { trustedWire: true },
    )
    await t.rejects(put(store, { overwrite }), {
      code: 'checksum-missing',
      message: /was completed, but could not be verified/,
      hint: /^The object exists/,
    })
    t.equal(fake.objects.get(KEY)?.body.equals(BODY), true, 'nothing is proved wrong')
    t.equal(aborts(fake), 0)
  }
  const composite = { 'x-amz-checksum-crc32': 'AAAAAA==-1', 'x-amz-checksum-type': 'COMPOSITE' }
  const others = {
    'one of another type is not missing': {
      checksums: true,
      faults: ({ op }: { op: string }) =>
        op === 'HeadObject' ? { headers: composite } : undefined,
    },
    'a server that promises none keeps none': { checksums: false },
  }
  for (const [title, options] of Object.entries(others)) {
    const { store } = await setup(t, options, { trustedWire: true })
    t.match(await put(store), { size: BODY.length, crc32: undefined }, title)
  }
})

void t.test('a bucket that demands checksums', async (t) => {
  for (const [demandChecksum, header, refused] of [
    ['any', 'x-amz-checksum-crc32', 1],
    ['md5', 'content-md5', 2],
  ] as const) {
    const { fake, store } = await setup(t, { demandChecksum })
    const upload = await store.createUpload(KEY, {
      metadata: {},
      overwrite: false,
    })
    const parts = [await sendPart(upload, 1, 0, BODY), await sendPart(upload, 2, BODY.length, BODY)]
    await upload.complete(parts)
    const sent = fake.requests.filter(({ op }) => op === 'UploadPart')
    t.equal(sent.length, 2 + refused, 'what it demands is remembered')
    t.ok(sent.at(-1)?.headers[header], header)
  }
})

void t.test('a Create whose reply is lost leaves nothing', async (t) => {
  const notes: string[] = []
  const { fake, store } = await setup(
    t,
    {
      faults: ({ op, nth }) =>
        op === 'CreateMultipartUpload' && nth === 1 ? { reset: 'after' } : undefined,
    },
    { clock: undefined },
  )
  await put(store, { notes })
  t.equal(fake.uploads.size, 0)
  t.match(notes, [/aborted an upload of '.*' that was left after a lost response/])
})
