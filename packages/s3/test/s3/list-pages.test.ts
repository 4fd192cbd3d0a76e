import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { S3Store } from '../../src/s3/s3-store.js'
import { collect } from '../contract/fixture.js'

/** A server that gives these documents, the last of them for ever. */
const server = async (t: Test, ...documents: readonly string[]) => {
  const asked: string[] = []
  const listener = createServer((request, response) => {
    const at = Math.min(asked.push(request.url ?? ''), documents.length)
    response.writeHead(200, { 'content-type': 'application/xml' })
    response.end(`<Result>${documents[at - 1] ?? ''}</Result>`)
  })
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
  const { port } = listener.address() as AddressInfo
  const store = new S3Store({
    bucket: 'bucket',
    endpoint: `http://127.0.0.1:${String(port)}`,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
    attempts: 2,
    connections: 2,
    firstDelay: 1,
  })
  t.teardown(() => {
    store.close()
    listener.close()
  })
  return { asked, store }
}

const more = (truncated: boolean): string => `<IsTruncated>${String(truncated)}</IsTruncated>`
const token = (text: string): string =>
  `${more(true)}<NextContinuationToken>${text}</NextContinuationToken>`
const object = (key: string): string => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`
const marker = (key: string, id: string): string =>
  `${more(true)}<NextKeyMarker>${key}</NextKeyMarker><NextUploadIdMarker>${id}</NextUploadIdMarker>`
const upload = (key: string, id: string): string =>
  `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`

void t.test('pages follow their markers', async (t) => {
  const objects = await server(
    t,
    object('a') + token('A'),
    object('b') + token('B'),
    object('c') + more(false),
  )
  const keys = await collect(objects.store.list(''))
  t.same(
    keys.map(({ key }) => key),
    ['a', 'b', 'c'],
  )
  t.match(objects.asked, [/^[^A]*$/, /continuation-token=A/, /token=B/])

  const uploads = await server(
    t,
    upload('k', 'u') + marker('k', 'u'),
    upload('k', 'v') + marker('k', 'v'),
    upload('l', 'w') + more(false),
  )
  const ids = await collect(uploads.store.listUploads(''))
  t.same(
    ids.map(({ uploadId }) => uploadId),
    ['u', 'v', 'w'],
  )
})

const wholeOrNot: readonly (readonly [string, RegExp, string[], string[]])[] = [
  [
    'there is more, and no word where',
    /does not say where the next page begins/,
    [object('a') + more(true)],
    [upload('k', 'u') + more(true)],
  ],
  [
    'an empty marker',
    /does not say where the next page begins/,
    [object('a') + token('')],
    [upload('k', 'u') + marker('', '')],
  ],
  [
    'the same page for ever',
    /the server repeats the same page/,
    [object('a') + token('A')],
    [upload('k', 'u') + marker('k', 'u')],
  ],
  [
    'pages in a circle',
    /the server repeats the same page/,
    [object('a') + token('A'), object('b') + token('B'), object('a') + token('A')],
    [
      upload('k', 'u') + marker('k', 'u'),
      upload('k', 'v') + marker('k', 'v'),
      upload('k', 'u') + marker('k', 'u'),
    ],
  ],
  ['no listing', /the response is not a listing/, [object('a')], [upload('k', 'u')]],
]
for (const [title, message, objects, uploads] of wholeOrNot) {
  void t.test(`no whole listing: ${title}`, async (t) => {
    const error = { code: 'store-rejected', message }
    const listed = await server(t, ...objects)
    await t.rejects(collect(listed.store.list('tank/')), error)
    const pending = await server(t, ...uploads)
    await t.rejects(collect(pending.store.listUploads('tank/')), error)
  })
}

void t.test('a storage class is one word, or unknown', async (t) => {
  const listed = (name: string) =>
    `<Contents><Key>${name}</Key><Size>1</Size><StorageClass>${name}</StorageClass></Contents>`
  const { store } = await server(t, listed('GLACIER') + listed('A&#9;B') + more(false))
  const classes = (await collect(store.list(''))).map((one) =>
    'storageClass' in one ? one.storageClass : 'none',
  )
  t.strictSame(classes, ['GLACIER', undefined])
})
