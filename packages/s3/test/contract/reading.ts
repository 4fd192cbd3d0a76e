import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { put, read, type Fixture } from './fixture.js'

/** Reads get all of what they ask for, of the object that they mean. */
export async function testReading(t: Test, { store, prefix }: Fixture): Promise<void> {
  const changed = { name: 'Z3Error', code: 'object-changed' as const }

  await t.test('many ranges at once', async (t) => {
    const body = randomBytes(300_000)
    const info = await put(store, `${prefix}ranges`, body)
    const pieces = await Promise.all(
      Array.from({ length: 30 }, (_, i) => read(store, info, i * 1e4, 1e4)),
    )
    t.ok(body.equals(Buffer.concat(pieces)))
  })

  await t.test('only `into` is filled', async (t) => {
    const info = await put(store, `${prefix}into`, Buffer.from('0123456789'))
    const whole = Buffer.from('----------')
    const into = whole.subarray(3, 6)
    await store.read(info.key, { ...info, offset: 5, into })
    t.equal(whole.toString(), '---567----')
  })

  await t.test('beyond the end is an error', async (t) => {
    const info = await put(store, `${prefix}end`, Buffer.from('0123456789'))
    for (const [offset, length] of [
      [10, 1],
      [9, 2],
      [0, 11],
      [1000, 1],
    ] as const) {
      // which code it is may differ; that the object is missing it is not
      await t.rejects(
        read(store, info, offset, length),
        { name: 'Z3Error', code: /^(?!no-such-key)/ },
        `${String(length)} bytes from ${String(offset)}`,
      )
    }
  })

  await t.test('another etag', async (t) => {
    const info = await put(store, `${prefix}etag`, Buffer.from('x'))
    const etag = info.etag.replace(/[0-9a-f]/, (c) => (c === '0' ? '1' : '0'))
    await t.rejects(read(store, { ...info, etag }, 0, 1), changed)
  })

  await t.test('overwritten between head and read', async (t) => {
    const key = `${prefix}overwritten`
    await put(store, key, Buffer.from('old'))
    const old = await store.head(key)
    const now = await put(store, key, Buffer.from('new'), { overwrite: true })
    await t.rejects(read(store, old, 0, 3), changed)
    t.equal((await read(store, now, 0, 3)).toString(), 'new')
  })

  await t.test('deleted between head and read', async (t) => {
    const info = await put(store, `${prefix}deleted`, Buffer.from('x'))
    await store.delete(info.key)
    await t.rejects(read(store, info, 0, 1), { code: 'no-such-key' })
  })
}
