import { type FakeS3, type FakeS3Options } from '@z3/fixtures'
import t, { type Test } from 'tap'
import type { ObjectInfo } from '../../src/object-info.js'
import { S3Store } from '../../src/s3/s3-store.js'
import { sendPart } from '../contract/fixture.js'
import { fakeStore, hurry } from '../fake-store.js'

const KEY = 'k'
const HOUR = 3_600_000

/** A server that ignores If-None-Match, and how long its clients have waited, milliseconds. */
const setup = async (t: Test, options: FakeS3Options = {}) => {
  const waited = { now: 0 }
  const clock = hurry(waited)
  return { ...(await fakeStore(t, { unconditional: true, ...options }, { clock })), waited }
}

/** Create an upload and send its part; what is returned completes it. */
const begin = async (
  store: S3Store,
  body: string,
  { overwrite = false, notes = [] as string[] } = {},
): Promise<() => Promise<ObjectInfo>> => {
  const onNote = (line: string) => notes.push(line)
  const upload = await store.createUpload(KEY, { metadata: {}, overwrite, onNote })
  const part = await sendPart(upload, 1, 0, Buffer.from(body))
  return () => upload.complete([part])
}

const listings = ({ requests }: FakeS3) =>
  requests.filter(({ op }) => op === 'ListMultipartUploads').length

const standing = ({ objects }: FakeS3) => String(objects.get(KEY)?.body)

void t.test('two uploads that have both found no object', async (t) => {
  let seen = 0
  const waiting = new AbortController()
  const { fake, store } = await setup(t, {
    faults: ({ op, nth }) => {
      // the first waits for the second, which is completed after the third listing
      if (op === 'ListMultipartUploads' && ++seen === 3) waiting.abort()
      if (op !== 'CompleteMultipartUpload' || nth === 1) return undefined
      return {
        late: new Promise((done) => {
          waiting.signal.addEventListener('abort', done)
        }),
      }
    },
  })
  const first = await begin(store, 'first')
  const second = await begin(store, 'second')
  const [one, two] = await Promise.allSettled([first(), second()])
  t.equal(fake.requests.filter(({ op }) => op === 'CompleteMultipartUpload').length, 2)
  const [failed] = [one, two].filter(({ status }) => status === 'rejected')
  t.match(failed, { reason: { code: 'object-changed' } }, 'one of them fails')
  t.equal([one, two].filter(({ status }) => status === 'fulfilled').length, 1)
  t.equal(standing(fake), one.status === 'fulfilled' ? 'first' : 'second')
})

void t.test('an upload that stays pending is waited for, and named', async (t) => {
  const { fake, store, waited } = await setup(t)
  await begin(store, 'theirs')
  const notes: string[] = []
  const ours = await begin(store, 'ours', { notes })
  t.equal((await ours()).size, 4)
  t.ok(waited.now >= 10_000)
  t.match(notes, [/^another upload of 'k' is in progress and may replace/])
  t.equal(standing(fake), 'ours')
})

void t.test('what cannot be about to be completed is not waited for', async (t) => {
  const { fake, store, waited } = await setup(t)
  await begin(store, 'of yesterday')
  for (const { parts } of fake.uploads.values()) {
    for (const [number, part] of parts) {
      parts.set(number, { ...part, modified: new Date(Date.now() - HOUR) })
    }
  }
  await store.createUpload(KEY, { metadata: {}, overwrite: false })
  await store.createUpload(`${KEY}.full`, { metadata: {}, overwrite: false })
  const notes: string[] = []
  const ours = await begin(store, 'ours', { notes })
  await ours()
  t.same([waited.now, listings(fake), notes], [0, 1, []])
})

void t.test('parts that cannot be listed may be new', async (t) => {
  const { store, waited } = await setup(t, {
    faults: ({ op }) => (op === 'ListParts' ? { status: 403, code: 'AccessDenied' } : undefined),
  })
  await begin(store, 'theirs')
  const ours = await begin(store, 'ours')
  await ours()
  t.ok(waited.now >= 10_000)
})

void t.test('uploads that cannot be listed', async (t) => {
  const { fake, store, waited } = await setup(t, {
    faults: ({ op }) =>
      op === 'ListMultipartUploads' ? { status: 403, code: 'AccessDenied' } : undefined,
  })
  await begin(store, 'theirs')
  const ours = await begin(store, 'ours')
  await ours()
  t.same([waited.now, standing(fake)], [0, 'ours'])
})

void t.test('nobody is waited for after an overwrite', async (t) => {
  const { fake, store } = await setup(t)
  await begin(store, 'theirs')
  const ours = await begin(store, 'ours', { overwrite: true })
  await ours()
  t.equal(listings(fake), 0)
})

void t.test('a Complete is not repeated over the object of another run', async (t) => {
  for (const [fault, code] of [
    [{ status: 503, code: 'SlowDown' }, 'object-exists'],
    [{ reset: 'before' }, 'completion-unknown'],
  ] as const) {
    const { fake, store } = await setup(t, {
      faults: ({ op }) => {
        if (op !== 'CompleteMultipartUpload') return undefined
        fake.put(KEY, 'theirs')
        return fault
      },
    })
    const ours = await begin(store, 'ours')
    await t.rejects(ours(), { code })
    t.equal(standing(fake), 'theirs')
    t.equal(fake.requests.filter(({ op }) => op === 'CompleteMultipartUpload').length, 1)
  }
})
