import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { partHasher } from '../../src/part-hasher.js'
import { collect, keysOf, put, read, sendPart, type Fixture } from './fixture.js'

/** What is not complete is not there, and what is aborted leaves nothing. */
export async function testUploads(t: Test, { store, prefix, options }: Fixture): Promise<void> {
  const uploadIds = async (of: string): Promise<string[]> =>
    (await collect(store.listUploads(of))).map(({ uploadId }) => uploadId)
  const create = { metadata: {}, overwrite: false }

  await t.test('nothing is to be seen before complete', async (t) => {
    const key = `${prefix}unseen`
    const upload = await store.createUpload(key, create)
    t.equal(upload.key, key)
    const parts = [await sendPart(upload, 1, 0, randomBytes(1000))]
    await t.rejects(store.head(key), { code: 'no-such-key' })
    t.same(await keysOf(store, key), [])
    await upload.complete(parts)
    t.same(await keysOf(store, key), [key])
    t.same(await uploadIds(key), [], 'and no upload after it')
  })

  await t.test('abort, twice', async (t) => {
    const key = `${prefix}aborted`
    const upload = await store.createUpload(key, create)
    await sendPart(upload, 1, 0, randomBytes(1000))
    await upload.abort()
    await t.resolves(upload.abort())
    await t.rejects(store.head(key), { code: 'no-such-key' })
    t.same(await keysOf(store, key), [])
    t.same(await uploadIds(key), [])
  })

  await t.test('an upload that was aborted cannot be completed', async (t) => {
    const key = `${prefix}late`
    const upload = await store.createUpload(key, create)
    const parts = [await sendPart(upload, 1, 0, randomBytes(1000))]
    await upload.abort()
    await t.rejects(upload.complete(parts), { name: 'Z3Error' })
    await t.rejects(store.head(key), { code: 'no-such-key' })
  })

  await t.test('parts that are not those sent', async (t) => {
    const key = `${prefix}others`
    const upload = await store.createUpload(key, create)
    const part = await sendPart(upload, 1, 0, randomBytes(1000))
    const etag = `"${'0'.repeat(32)}"`
    for (const wrong of [[], [{ ...part, etag }], [{ ...part, partNumber: 2 }]]) {
      await t.rejects(upload.complete(wrong), { name: 'Z3Error' })
      await t.rejects(store.head(key), { code: 'no-such-key' })
    }
    await upload.abort()
  })

  await t.test('a part that changed on its way', async (t) => {
    const key = `${prefix}changed`
    const upload = await store.createUpload(key, create)
    const digest = partHasher(['crc32', 'sha256'])
    digest.update(Buffer.from('as it was read'))
    const body = Buffer.from('as it was sent')
    const part = { partNumber: 1, offset: 0, body, digest: digest.digest() }
    await t.rejects(upload.uploadPart(part), { name: 'Z3Error' })
    await upload.abort()
  })

  await t.test('pending uploads', async (t) => {
    const key = `${prefix}pending/a`
    const upload = await store.createUpload(key, create)
    const second = await store.createUpload(key, create)
    const other = await store.createUpload(`${prefix}pending-b`, create)
    t.not(upload.uploadId, second.uploadId)
    await sendPart(upload, 1, 0, randomBytes(1000))

    const found = await collect(store.listUploads(`${prefix}pending/`))
    t.same(found.map(({ uploadId }) => uploadId).sort(), [upload.uploadId, second.uploadId].sort())
    for (const pending of found) {
      t.equal(pending.key, key)
      const age = Date.now() - (pending.initiated?.getTime() ?? Date.now())
      t.ok(Math.abs(age) < 15 * 60_000, 'begun now')
      await store.abortUpload(pending)
      await t.resolves(store.abortUpload(pending), 'twice is fine')
    }
    t.same(await uploadIds(`${prefix}pending/`), [])
    t.same(await uploadIds(`${prefix}pending`), [other.uploadId])
    await t.resolves(upload.abort(), 'and so is abort after it')
    await t.rejects(
      sendPart(upload, 2, 1000, randomBytes(10)),
      { code: 'no-such-upload' },
      'too late for parts',
    )
    await second.abort()
    await other.abort()
  })

  await t.test('when something was last added', async (t) => {
    const key = `${prefix}active`
    const upload = await store.createUpload(key, create)
    const [pending] = await collect(store.listUploads(key))
    if (pending === undefined) throw new Error('not listed')
    const begun = await store.lastActivity(pending)
    t.ok(Math.abs(Date.now() - Number(begun)) < 15 * 60_000, 'begun now')
    // both times are by the clock of the store, which may tell whole seconds
    await sleep(2100)
    const part = await sendPart(upload, 1, 0, randomBytes(1000))
    const added = await store.lastActivity(pending)
    t.ok(Number(added) - Number(begun) >= 1000, 'a part was added since')
    t.same(await store.lastActivity(pending), added, 'looking adds nothing')

    const made = await upload.complete([part])
    const over = options.completedIsOver === false ? added : undefined
    t.same(await store.lastActivity(pending), over, 'it is complete')
    await store.abortUpload(pending)
    const info = await store.head(key)
    t.equal(info.etag, made.etag, 'dropping it late leaves the object alone')
    t.equal((await read(store, info, 0, 1000)).length, 1000)
    await store.delete(key)
    t.equal(await store.lastActivity(pending), undefined, 'all of it is gone')
    const second = await store.createUpload(key, create)
    await sendPart(second, 1, 0, randomBytes(1000))
    const [other] = await collect(store.listUploads(key))
    await second.abort()
    if (other === undefined) throw new Error('not listed')
    t.equal(await store.lastActivity(other), undefined, 'it was aborted')
  })

  await t.test('abort leaves the object of that key alone', async (t) => {
    const info = await put(store, `${prefix}kept`, Buffer.from('kept'))
    const upload = await store.createUpload(info.key, {
      metadata: {},
      overwrite: true,
    })
    await sendPart(upload, 1, 0, Buffer.from('dropped'))
    await upload.abort()
    t.equal((await store.head(info.key)).etag, info.etag)
  })
}
