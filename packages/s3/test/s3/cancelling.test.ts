import { startFakeS3, until, type Op } from '@z3/fixtures'
import t from 'tap'
import type { ObjectStore } from '../../src/object-store.js'
import { S3Store } from '../../src/s3/s3-store.js'
import { collect } from '../contract/fixture.js'

const KEY = 'k'

/** Every call of the port, by the operation that it waits for. */
const CALLS: readonly (readonly [
  Op,
  (store: ObjectStore, signal: AbortSignal, uploadId: string) => unknown,
])[] = [
  ['HeadObject', (store, signal) => store.head(KEY, signal)],
  ['ListObjectsV2', (store, signal) => collect(store.list('', signal))],
  [
    'CreateMultipartUpload',
    (store, signal) => store.createUpload(KEY, { metadata: {}, overwrite: false }, signal),
  ],
  ['ListMultipartUploads', (store, signal) => collect(store.listUploads('', signal))],
  [
    'ListParts',
    (store, signal, uploadId) =>
      store.lastActivity({ key: KEY, uploadId, initiated: undefined }, signal),
  ],
  [
    'AbortMultipartUpload',
    (store, signal, uploadId) =>
      store.abortUpload({ key: KEY, uploadId, initiated: undefined }, signal),
  ],
  ['DeleteObject', (store, signal) => store.delete(KEY, signal)],
]

void t.test('a server that does not answer keeps nobody waiting', async (t) => {
  const fake = await startFakeS3()
  const store = new S3Store({
    bucket: 'bucket',
    endpoint: fake.endpoint,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
    attempts: 3,
    connections: 4,
  })
  t.teardown(async () => {
    store.close()
    await fake.close()
  })
  const { uploadId } = await store.createUpload(KEY, {
    metadata: {},
    overwrite: false,
  })
  for (const [op, call] of CALLS) {
    const seen = fake.requests.length
    fake.faults = (request) => (request.op === op ? { stall: true } : undefined)
    const controller = new AbortController()
    const failed = t.rejects(
      Promise.resolve(call(store, controller.signal, uploadId)),
      { message: 'enough' },
      op,
    )
    await until(`${op} arrives`, () =>
      fake.requests.slice(seen).some((request) => request.op === op),
    )
    controller.abort(new Error('enough'))
    await failed
  }
})
