import type { FakeS3 } from '@z3/fixtures'
import t from 'tap'
import { FileStore } from '../../src/file/store.js'
import { LargeObjectStore } from '../../src/large/large-store.js'
import { openAsOf } from '../../src/as-of/open-as-of.js'
import type { ThawRequest } from '../../src/object-store.js'
import { fakeStore } from '../fake-store.js'

const read = (store: LargeObjectStore, key: string, etag: string) =>
  store.read(key, { offset: 0, into: new Uint8Array(4), etag, size: 4 })

const thaw = async (store: LargeObjectStore, key: string, request: ThawRequest) => {
  await store.thaw?.(key, request)
}

const move = (fake: FakeS3, key: string, storageClass: string, archiveStatus?: string) => {
  const object = fake.put(key, 'data')
  fake.objects.set(key, {
    ...object,
    storageClass,
    ...(archiveStatus === undefined ? {} : { archiveStatus }),
  })
  return object.etag
}

void t.test('from the request to the expiry of the copy', async (t) => {
  const { fake, store: inner } = await fakeStore(t)
  const store = new LargeObjectStore(inner)
  const etag = move(fake, 'k', 'DEEP_ARCHIVE')
  t.strictSame((await store.head('k')).archive, { phase: 'archived', archive: 'DEEP_ARCHIVE' })
  await t.rejects(read(store, 'k', etag), {
    code: 'object-archived',
    message: /InvalidObjectState/,
    hint: /z3 restore .* --thaw standard --wait/,
  })

  await thaw(store, 'k', { tier: 'bulk', days: 3 })
  t.strictSame(fake.archives.accepted, ['Bulk k'])
  t.equal((await store.head('k')).archive?.phase, 'thawing')
  // 409 RestoreAlreadyInProgress
  await thaw(store, 'k', { tier: 'bulk', days: 3 })
  t.equal(fake.requests.at(-1)?.status, 409)
  t.equal(fake.archives.accepted.length, 1)
  await t.rejects(read(store, 'k', etag), { code: 'object-archived' })

  fake.archives.pass(49)
  const { archive } = await store.head('k')
  const until = Date.parse('2026-01-06T00:00:00Z') / 1000
  t.strictSame(archive, { phase: 'thawed', archive: 'DEEP_ARCHIVE', until })
  await read(store, 'k', etag)
  // 200: the copy is kept for longer
  await thaw(store, 'k', { tier: 'standard', days: 9 })
  t.equal(fake.requests.at(-1)?.status, 200)
  t.ok(((await store.head('k')).archive?.until ?? 0) > until)

  fake.archives.pass(10 * 24)
  t.equal((await store.head('k')).archive?.phase, 'archived')
})

void t.test('the archive tiers of S3 Intelligent-Tiering', async (t) => {
  const { fake, store: inner } = await fakeStore(t)
  const store = new LargeObjectStore(inner)
  const etag = move(fake, 'k', 'INTELLIGENT_TIERING', 'ARCHIVE_ACCESS')
  move(fake, 'near', 'INTELLIGENT_TIERING')
  t.equal((await store.head('near')).archive, undefined)
  t.strictSame((await store.head('k')).archive, { phase: 'archived', archive: 'ARCHIVE_ACCESS' })
  await t.rejects(thaw(store, 'k', { tier: 'standard', days: 3 }), { code: 'store-rejected' })
  await thaw(store, 'k', { tier: 'standard', days: undefined })
  fake.archives.pass(6)
  t.equal((await store.head('k')).archive, undefined)
  await read(store, 'k', etag)
})

void t.test('what the server refuses', async (t) => {
  const { fake, store: inner } = await fakeStore(t, {}, { attempts: 1 })
  const store = new LargeObjectStore(inner)
  const request = { tier: 'standard', days: 1 } as const
  move(fake, 'k', 'GLACIER')
  fake.put('plain', 'data')
  await t.rejects(thaw(store, 'plain', request), {
    code: 'store-rejected',
    message: /does not thaw it/,
  })
  await t.rejects(thaw(store, 'none', request), { code: 'no-such-key' })
  const answer = async (status: number, code: string) => {
    fake.faults = ({ op }) => (op === 'RestoreObject' ? { status, code } : undefined)
    await thaw(store, 'k', { tier: 'expedited', days: 1 })
  }
  await t.rejects(answer(403, 'AccessDenied'), {
    code: 'access-denied',
    hint: /s3:RestoreObject/,
  })
  await t.rejects(answer(501, 'NotImplemented'), { code: 'not-implemented' })
  await t.rejects(answer(503, 'GlacierExpeditedRetrievalNotAvailable'), {
    code: 'store-unavailable',
    hint: /--thaw standard/,
  })
  t.same(fake.archives.accepted, [])
  t.equal(new LargeObjectStore(new FileStore(t.testdir({}))).thaw, undefined)
})

void t.test('a version of a bucket as it was', async (t) => {
  const { fake, store: inner } = await fakeStore(t)
  fake.versions.status = 'Enabled'
  const object = { ...fake.put('k', 'then'), storageClass: 'GLACIER' }
  fake.versions.add('k', '2026-01-01T00:00:00Z', object)
  fake.versions.add('k', '2026-01-03T00:00:00Z', { ...object, storageClass: 'STANDARD' })
  const { signal } = new AbortController()
  const asOf = { time: '2026-01-02T00:00Z', onNote: () => undefined, signal }
  const store = new LargeObjectStore(await openAsOf(inner, asOf))
  t.equal((await store.head('k')).archive?.phase, 'archived')
  await thaw(store, 'k', { tier: 'standard', days: 1 })
  t.match(fake.requests.at(-1)?.path, /versionId=v0/)
  fake.archives.pass(6)
  t.equal((await store.head('k')).archive?.phase, 'thawed')
})
