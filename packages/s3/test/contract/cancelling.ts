import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { collect, put, read, sendPart, type Fixture } from './fixture.js'

/** An abort signal ends what it was given to, and nothing else. */
export async function testCancelling(t: Test, { store, prefix }: Fixture): Promise<void> {
  const cancelled = { name: 'AbortError' }

  await t.test('uploadPart', async (t) => {
    const body = randomBytes(4 * store.limits.minPart)
    const upload = await store.createUpload(`${prefix}upload`, {
      metadata: {},
      overwrite: false,
    })
    await t.rejects(sendPart(upload, 1, 0, body, AbortSignal.abort()), cancelled, 'before it began')
    const controller = new AbortController()
    const sending = sendPart(upload, 1, 0, body, controller.signal)
    setImmediate(() => {
      controller.abort()
    })
    await t.rejects(sending, cancelled, 'while it runs')
    const part = await sendPart(upload, 1, 0, body)
    const info = await upload.complete([part])
    const all = await read(store, info, 0, body.length)
    t.ok(body.equals(all), 'and the part may be sent again')
  })

  await t.test('read', async (t) => {
    const body = randomBytes(4 * store.limits.minPart)
    const { key, etag, size } = await put(store, `${prefix}read`, body)
    const into = Buffer.alloc(body.length)
    await t.rejects(
      store.read(key, {
        offset: 0,
        into,
        etag,
        size,
        signal: AbortSignal.abort(),
      }),
      cancelled,
      'before it began',
    )
    const controller = new AbortController()
    const { signal } = controller
    const reading = store.read(key, { offset: 0, into, etag, size, signal })
    setImmediate(() => {
      controller.abort()
    })
    await t.rejects(reading, cancelled, 'while it runs')
    await store.read(key, { offset: 0, into, etag, size })
    t.ok(body.equals(into), 'and it may be read again')
  })

  await t.test('every other call, before it began', async (t) => {
    const signal = AbortSignal.abort()
    const create = { metadata: {}, overwrite: false }
    const key = `${prefix}calls`
    const upload = await store.createUpload(key, create)
    const pending = { key, uploadId: upload.uploadId, initiated: undefined }
    const calls: Readonly<Record<string, () => unknown>> = {
      head: () => store.head(key, signal),
      get: () => store.get(key, 1000, signal),
      list: () => collect(store.list(prefix, signal)),
      createUpload: () => store.createUpload(key, create, signal),
      listUploads: () => collect(store.listUploads(prefix, signal)),
      lastActivity: () => store.lastActivity(pending, signal),
      abortUpload: () => store.abortUpload(pending, signal),
      delete: () => store.delete(key, signal),
    }
    for (const [name, call] of Object.entries(calls)) {
      await t.rejects(Promise.resolve().then(call), cancelled, name)
    }
    const ids = (await collect(store.listUploads(key))).map((u) => u.uploadId)
    t.same(ids, [upload.uploadId], 'nothing was done')
    await upload.abort()
  })

  await t.test('a signal that is never used', async (t) => {
    const { signal } = new AbortController()
    const upload = await store.createUpload(`${prefix}unused`, {
      metadata: {},
      overwrite: false,
    })
    const part = await sendPart(upload, 1, 0, Buffer.from('x'), signal)
    const { key, etag, size } = await upload.complete([part])
    const into = Buffer.alloc(1)
    await store.read(key, { offset: 0, into, etag, size, signal })
    t.equal(into.toString(), 'x')
  })
}
