import type { Test } from 'tap'
import type { DamagedObject, ObjectSummary } from '../../src/object-info.js'
import { collect, keysOf, put, type Fixture } from './fixture.js'

/** A prefix is plain text, and the order that of the bytes. */
export async function testListing(t: Test, { store, prefix }: Fixture): Promise<void> {
  await t.test('of nothing', async (t) => {
    t.same(await collect(store.list(`${prefix}nothing/`)), [])
    t.same(await collect(store.listUploads(`${prefix}nothing/`)), [])
  })

  await t.test('by prefix, in order', async (t) => {
    // '-' and '.' come before '/', '0' after it; U+FB01 before 🦊 in UTF-8
    const keys = ['a', 'a-b', 'a.b', 'a/b', 'a/c/d', 'a0', 'b', '\ufb01', '🦊']
    for (const key of [...keys].reverse()) {
      await put(store, prefix + key, Buffer.from(key))
    }
    const list = async (rest: string): Promise<string[]> =>
      (await keysOf(store, prefix + rest)).map((k) => k.slice(prefix.length))
    t.same(await list(''), keys)
    t.same(await list('a'), keys.slice(0, 6))
    t.same(await list('a/'), ['a/b', 'a/c/d'])
    t.same(await list('a/c'), ['a/c/d'])
    t.same(await list('a/c/d'), ['a/c/d'])
    t.same(await list('a/c/d/'), [])
    t.same(await list('a-'), ['a-b'])
    t.same(await list('c'), [])
    const later = await collect(store.list(prefix, undefined, `${prefix}a/b`))
    const after = later.map(({ key }) => key.slice(prefix.length))
    t.same(
      after.filter((key) => !keys.slice(0, 4).includes(key)),
      keys.slice(4),
      'keys up to another one may be left out, no others',
    )
  })

  await t.test('tells what head tells', async (t) => {
    const key = `${prefix}tells`
    await put(store, key, Buffer.from('12345'))
    const info = await store.head(key)
    const told = (found: ObjectSummary | DamagedObject): unknown => {
      if ('problem' in found) throw found.problem
      const { key, size, etag, modified } = found
      // a listing may tell fractions of a second, an HTTP header does not
      const seconds = modified && Math.floor(modified.getTime() / 1000)
      return { key, size, etag, seconds }
    }
    const summaries = await collect(store.list(key))
    t.same(summaries.map(told), [told(info)])
  })

  await t.test('one may stop early', async (t) => {
    const seen: string[] = []
    for await (const { key } of store.list(prefix)) {
      seen.push(key)
      if (seen.length === 2) break
    }
    t.same(seen, [`${prefix}a`, `${prefix}a-b`])
  })
}
