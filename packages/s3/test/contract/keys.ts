import type { Test } from 'tap'
import { collect, put, read, type Fixture } from './fixture.js'

const KEYS = [
  'a',
  'a/b',
  'a/b/c',
  'a-b',
  'a.b',
  'A-upper',
  'z3-backup/tank/a@d-1',
  'tank/with space@snap shot',
  'autosnap_2026-11-22_10:00:01_daily',
  'per%cent',
  'per%25cent',
  'per%2Fcent',
  'plus+plus',
  'question?x=1&y=2',
  'hash#1',
  'and&so;on,',
  `quotes'"\``,
  'less<more>',
  'back\\slash',
  'pipe|star*',
  'caret^tilde~',
  'equals=(round)[square]{curly}!$',
  'dot.',
  '...',
  'blank ',
  ' blank',
  'ünïcödé/名前/🦊',
  'e\u0301 and \u00e9',
  '\ufb01 beside 🦊',
  'x.z3.json',
  'x.z3.json/y',
  'a.z3.json/b',
  'x.pending',
  `x.${'0123456789abcdef'.repeat(2)}/y`,
  `long-${'l'.repeat(300)}/${'m'.repeat(300)}`,
  `long-${'l'.repeat(300)}`,
  `long-${'l'.repeat(95)}`,
]
const DOTS = ['../up', 'x/../../y', './here', 'x/.', 'x/..']
const EMPTY = ['double//slash', '/leading', 'trailing/', '//']

/** Keys are any text, and each is only itself. */
export async function testKeys(t: Test, { store, prefix, options }: Fixture): Promise<void> {
  const keys = [
    ...KEYS,
    ...(options.dotsInKeys === false ? [] : DOTS),
    ...(options.emptyInKeys === false ? [] : EMPTY),
  ].map((key) => prefix + key)

  // all of them beside each other, then each looked at
  for (const key of keys) await put(store, key, Buffer.from(key))
  for (const key of keys) {
    const info = await store.head(key)
    const wanted = Buffer.from(key)
    t.equal(info.key, key)
    const same = info.size === wanted.length
    const found = await read(store, info, 0, info.size)
    t.ok(same && wanted.equals(found), `'${key.slice(prefix.length)}'`)
  }
  const listed = await collect(store.list(prefix))
  t.same(
    listed.map(({ key }) => key),
    [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    'listed by their bytes',
  )
  for (const item of listed) {
    const size = 'problem' in item ? undefined : item.size
    if (size !== Buffer.byteLength(item.key)) t.fail(`size of ${item.key}`)
  }
  for (const [index, key] of keys.entries()) {
    await store.delete(key)
    const left = keys.length - index - 1
    if (index % 10 === 0) {
      t.equal((await collect(store.list(prefix))).length, left, 'one less')
    }
  }
  t.same(await collect(store.list(prefix)), [])
}
