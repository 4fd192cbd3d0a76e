import type { Test } from 'tap'
import { keysOf, read, type Fixture } from './fixture.js'

/** Objects that are written at once. */
export async function testSmallObjects(t: Test, { store, prefix }: Fixture): Promise<void> {
  const key = `${prefix}.z3/tank/data@a.json`
  for (const body of ['{"version":1}', '{"version":1,"more":"than before"}', '{}']) {
    await store.put(key, Buffer.from(body))
    const info = await store.head(key)
    t.equal(info.size, body.length)
    t.equal(String(await read(store, info, 0, info.size)), body)
    t.equal(String(Buffer.from((await store.get(key, body.length)) ?? [])), body)
    t.equal(await store.get(key, body.length - 1), undefined, 'larger than wanted')
  }
  t.strictSame(await keysOf(store, prefix), [key])
  t.strictSame(await keysOf(store, `${prefix}tank/data@`), [], 'no listing of snapshots has it')
  await store.delete(key)
  t.strictSame(await keysOf(store, prefix), [])
  await t.rejects(store.get(key, 10), { code: 'no-such-key' })
}
