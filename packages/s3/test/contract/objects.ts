import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Test } from 'tap'
import { collect, keysOf, put, read, sendPart, type Fixture } from './fixture.js'

/** Objects of one part and of several: what is read is what was written. */
export async function testObjects(t: Test, { store, prefix, options }: Fixture): Promise<void> {
  await t.test('a key that is not there', async (t) => {
    const key = `${prefix}missing`
    const into = Buffer.alloc(1)
    const missing = { name: 'Z3Error', code: 'no-such-key' as const }
    await t.rejects(store.head(key), missing)
    await t.rejects(store.read(key, { offset: 0, into, etag: '"x"', size: 1 }), missing)
  })

  await t.test('one byte', async (t) => {
    const key = `${prefix}byte`
    const info = await put(store, key, Buffer.from('x'))
    t.equal(info.size, 1)
    t.equal((await read(store, info, 0, 1)).toString(), 'x')
  })

  await t.test('one part', async (t) => {
    const key = `${prefix}one`
    const body = randomBytes(100_000)
    const begun = Date.now()
    const made = await put(store, key, body)
    const info = await store.head(key)
    t.equal(info.key, key)
    t.equal(info.size, body.length)
    t.match(info.etag, /^".+"$/, 'the etag has its quotes')
    t.equal(made.etag, info.etag, 'complete tells what head tells')
    t.equal(made.size, info.size)
    t.equal(made.key, key)
    if (options.wholeCrc32 !== false && options.onePartCrc32 !== false) {
      t.equal(info.crc32, crc32(body))
    }
    if (info.modified !== undefined) {
      // servers have clocks of their own, and tell whole seconds
      const age = Math.abs(info.modified.getTime() - begun)
      t.ok(age < 15 * 60_000, 'it was made now')
    }
    t.ok(body.equals(await read(store, info, 0, body.length)))
  })

  await t.test('several parts, out of order and at once', async (t) => {
    const key = `${prefix}parts`
    const { minPart } = store.limits
    const body = randomBytes(2 * minPart + 12_345)
    const upload = await store.createUpload(key, {
      metadata: { isfull: 'true' },
      overwrite: false,
    })
    const parts = await Promise.all(
      [3, 1, 2].map((n) => {
        const offset = (n - 1) * minPart
        return sendPart(upload, n, offset, body.subarray(offset, n * minPart))
      }),
    )
    t.same(
      parts.map(({ partNumber, size }) => [partNumber, size]),
      [
        [3, 12_345],
        [1, minPart],
        [2, minPart],
      ],
    )
    parts.sort((a, b) => a.partNumber - b.partNumber)
    await upload.complete(parts)
    const info = await store.head(key)
    t.equal(info.size, body.length)
    t.match(info.metadata, { isfull: 'true' })
    if (options.wholeCrc32 !== false) t.equal(info.crc32, crc32(body))
    for (const [what, offset, length] of [
      ['first byte', 0, 1],
      ['last byte', body.length - 1, 1],
      ['a middle', 1_000_001, 70_000],
      ['across a border of parts', minPart - 3, 7],
      ['a whole part and its neighbours', minPart - 1, minPart + 2],
      ['all', 0, body.length],
    ] as const) {
      const wanted = body.subarray(offset, offset + length)
      t.ok(wanted.equals(await read(store, info, offset, length)), what)
    }
  })

  await t.test('the same part sent twice: the second counts', async (t) => {
    const key = `${prefix}twice`
    const upload = await store.createUpload(key, {
      metadata: {},
      overwrite: false,
    })
    await sendPart(upload, 1, 0, Buffer.from('first'))
    const part = await sendPart(upload, 1, 0, Buffer.from('again'))
    const info = await upload.complete([part])
    t.equal((await read(store, info, 0, 5)).toString(), 'again')
  })

  await t.test('delete, twice', async (t) => {
    const key = `${prefix}delete`
    await put(store, key, Buffer.from('x'))
    t.same(await keysOf(store, key), [key])
    await store.delete(key)
    await t.rejects(store.head(key), { code: 'no-such-key' })
    t.same(await collect(store.list(key)), [])
    await t.resolves(store.delete(key), 'what is not there')
    await put(store, key, Buffer.from('y'))
    t.equal((await store.head(key)).size, 1, 'and made again')
  })
}
