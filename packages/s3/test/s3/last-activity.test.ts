import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startFakeS3, type FakeS3 } from '@z3/fixtures'
import t, { type Test } from 'tap'
import type { PendingUpload } from '../../src/object-info.js'
import { S3Store } from '../../src/s3/s3-store.js'
import { collect, sendPart } from '../contract/fixture.js'

const openStore = (endpoint: string): S3Store =>
  new S3Store({
    bucket: 'bucket',
    endpoint,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
    attempts: 2,
    connections: 2,
    firstDelay: 1,
  })

interface Subject {
  readonly fake: FakeS3
  readonly store: S3Store
  readonly pending: PendingUpload
}

const day = (n: number): Date => new Date(Date.UTC(2026, 0, n))

/** A pending upload with a part of each of these days, on pages of two. */
const subject = async (t: Test, days: readonly number[]): Promise<Subject> => {
  const fake = await startFakeS3({ pageSize: 2 })
  const store = openStore(fake.endpoint)
  t.teardown(async () => {
    store.close()
    await fake.close()
  })
  const upload = await store.createUpload('tank/a b@x', {
    metadata: {},
    overwrite: false,
  })
  const parts = fake.uploads.get(upload.uploadId)?.parts
  for (const [index, n] of days.entries()) {
    await sendPart(upload, index + 1, index, Buffer.from('x'))
    const part = parts?.get(index + 1)
    if (part) parts?.set(index + 1, { ...part, modified: day(n) })
  }
  const [listed] = await collect(store.listUploads(''))
  if (listed === undefined) throw new Error('no upload')
  return { fake, store, pending: { ...listed, initiated: day(1) } }
}

void t.test('the newest part of all pages', async (t) => {
  for (const days of [[5, 2, 3, 4, 2], [2, 3, 5, 4, 2], [2, 2, 2, 2, 5], [5]]) {
    const { fake, store, pending } = await subject(t, days)
    t.same(await store.lastActivity(pending), day(5), days.join())
    const asked = fake.requests.filter(({ op }) => op === 'ListParts').length
    t.equal(asked, Math.ceil(days.length / 2), 'pages')
  }
})

void t.test('without a part, when it was begun', async (t) => {
  const { store, pending } = await subject(t, [])
  t.same(await store.lastActivity(pending), day(1))
  const unknown = { ...pending, initiated: undefined }
  t.equal(await store.lastActivity(unknown), undefined)
})

void t.test('gone', async (t) => {
  const { fake, store, pending } = await subject(t, [2, 3, 4])
  for (const code of ['NoSuchUpload', 'NoSuchKey', '']) {
    // on the second page, too
    for (const page of [1, 2]) {
      let pages = 0
      fake.faults = ({ op }) =>
        op === 'ListParts' && ++pages === page ? { status: 404, code } : undefined
      t.equal(await store.lastActivity(pending), undefined, code)
      t.equal(pages, page)
    }
  }
})

void t.test('no answer is not gone', async (t) => {
  const { fake, store, pending } = await subject(t, [2])
  for (const [status, code, expected] of [
    [404, 'NoSuchBucket', 'no-such-bucket'],
    [403, 'AccessDenied', 'access-denied'],
    [501, 'NotImplemented', 'not-implemented'],
    [503, 'SlowDown', 'store-unavailable'],
  ] as const) {
    fake.faults = () => ({ status, code })
    await t.rejects(store.lastActivity(pending), {
      code: expected,
      message: /^cannot list the parts of the upload of 'tank\/a b@x': /,
    })
  }
  let tries = 0
  fake.faults = () => (++tries === 1 ? { status: 503 } : undefined)
  t.same(await store.lastActivity(pending), day(2), 'made again')
})

/** A server that answers these pages, one after the other. */
const pages = async (t: Test, ...documents: readonly string[]) => {
  const asked: string[] = []
  const listener = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://x').search)
    const page = documents[Math.min(asked.length, documents.length) - 1] ?? ''
    response.setHeader('content-type', 'application/xml')
    response.end(`<ListPartsResult>${page}</ListPartsResult>`)
  })
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve)
  })
  const { port } = listener.address() as AddressInfo
  const store = openStore(`http://127.0.0.1:${String(port)}`)
  t.teardown(() => {
    store.close()
    listener.close()
  })
  const upload = { key: 'k', uploadId: 'u', initiated: day(1) }
  return { asked, activity: () => store.lastActivity(upload) }
}

const part = (number: number, modified?: Date): string =>
  `<Part><PartNumber>${String(number)}</PartNumber>${
    modified ? `<LastModified>${modified.toISOString()}</LastModified>` : ''
  }</Part>`
const TRUNCATED = '<IsTruncated>true</IsTruncated>'
const next = (number: number): string =>
  `${TRUNCATED}<NextPartNumberMarker>${String(number)}</NextPartNumberMarker>`

void t.test('servers that page in ways of their own', async (t) => {
  await t.test('no marker', async (t) => {
    const { asked, activity } = await pages(
      t,
      part(1, day(2)) + part(7, day(2)) + TRUNCATED,
      part(8, day(3)),
    )
    t.same(await activity(), day(3))
    t.match(asked[1], 'part-number-marker=7')
  })

  await t.test('a marker that is not the last part', async (t) => {
    const { asked, activity } = await pages(t, part(1, day(2)) + next(5), part(8, day(3)))
    t.same(await activity(), day(3))
    t.match(asked[1], 'part-number-marker=5')
  })

  const lost: [string, string[]][] = [
    ['the same page for ever', [part(1, day(2)) + next(1)]],
    ['back to the first', [part(1, day(2)) + next(1), next(0)]],
    ['a page of nothing', [TRUNCATED]],
  ]
  for (const [title, documents] of lost) {
    await t.test(title, async (t) => {
      const { activity } = await pages(t, ...documents)
      await t.rejects(activity(), {
        code: 'store-rejected',
        message: /^cannot list the parts .*: the server does not say where/,
      })
    })
  }

  await t.test('a part of no time may be of just now', async (t) => {
    const { activity } = await pages(t, part(1, day(2)) + part(2))
    t.equal(await activity(), undefined)
  })
})
