import type { Test } from 'tap'
import { keysOf, put, read, sendPart, type Fixture } from './fixture.js'

/** Nothing is replaced by accident. */
export async function testOverwriting(t: Test, { store, prefix }: Fixture): Promise<void> {
  const exists = { name: 'Z3Error', code: 'object-exists' as const }

  await t.test('without overwrite', async (t) => {
    const key = `${prefix}kept`
    const metadata = { guid: '1' }
    await put(store, key, Buffer.from('old'), { metadata })
    const old = await store.head(key)
    await t.rejects(put(store, key, Buffer.from('newer')), exists)
    const info = await store.head(key)
    t.same(info, old, 'the old object is untouched')
    t.equal((await read(store, info, 0, 3)).toString(), 'old')
  })

  await t.test('made while an upload ran', async (t) => {
    const key = `${prefix}meanwhile`
    const upload = await store.createUpload(key, {
      metadata: {},
      overwrite: false,
    })
    const part = await sendPart(upload, 1, 0, Buffer.from('late'))
    const first = await put(store, key, Buffer.from('early'))
    await t.rejects(upload.complete([part]), exists)
    await upload.abort()
    t.equal((await read(store, first, 0, 5)).toString(), 'early')
  })

  await t.test('with overwrite', async (t) => {
    const key = `${prefix}replaced`
    const metadata = { guid: '1' }
    const old = await put(store, key, Buffer.from('old'), { metadata })
    await put(store, key, Buffer.from('newer'), { overwrite: true })
    const info = await store.head(key)
    t.not(info.etag, old.etag)
    t.equal(info.size, 5)
    t.notOk(info.metadata['guid'], 'nothing of the old is left')
    t.equal((await read(store, info, 0, 5)).toString(), 'newer')
    t.same(await keysOf(store, key), [key], 'it is there once')
  })

  await t.test('overwrite of nothing', async (t) => {
    const key = `${prefix}nothing`
    await put(store, key, Buffer.from('x'), { overwrite: true })
    t.equal((await store.head(key)).size, 1)
  })

  // where the store ignores If-None-Match, all complete and one object remains
  const refused = { name: 'Z3Error', code: /^object-(exists|changed)$/ }
  await t.test('of several at once, one wins', async (t) => {
    const key = `${prefix}race`
    const uploads = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (text) => {
        const upload = await store.createUpload(key, {
          metadata: {},
          overwrite: false,
        })
        const part = await sendPart(upload, 1, 0, Buffer.from(text))
        return { upload, part, text }
      }),
    )
    const outcomes = await Promise.allSettled(
      uploads.map(async ({ upload, part }) => {
        try {
          return await upload.complete([part])
        } catch (error) {
          // at once, since the one that has won may wait for the others
          await upload.abort()
          throw error
        }
      }),
    )
    const won = outcomes.flatMap((o) => (o.status === 'fulfilled' ? o.value : []))
    t.equal(won.length, 1, 'one is complete')
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') t.match(outcome.reason, refused)
    }
    const info = await store.head(key)
    t.equal(info.etag, won[0]?.etag, 'and it is the one that is there')
    const winner = outcomes.findIndex((o) => o.status === 'fulfilled')
    const text = (await read(store, info, 0, 1)).toString()
    t.equal(text, uploads[winner]?.text)
  })
}
