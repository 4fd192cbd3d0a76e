import type { Test } from 'tap'
import { put, type Fixture } from './fixture.js'

/** User metadata comes back as it was given, and no other. */
export async function testMetadata(t: Test, { store, prefix, options }: Fixture): Promise<void> {
  const cases: [string, Record<string, string>][] = [
    ['none', {}],
    ['a full backup of z3', { size: '123456', isfull: 'true' }],
    ['an increment', { size: '1', parent: 'tank/a b@x', compressor: 'pigz1' }],
    [
      'our own',
      {
        guid: '18446744073709551615',
        'parent-guid': '1',
        created: '1763800000',
        'send-flags': '-w -L -e -c',
      },
    ],
    ['equals signs', { a: '=', b: 'x=y=z', c: '==' }],
    ['what prints', { a: `!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~` }],
    ['blanks inside', { a: 'one  two   three' }],
    ['percent', { a: '100%', b: '%41%2F+' }],
    [
      'almost 2 KiB, in short values',
      Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${String(i)}`, 'x'.repeat(220)])),
    ],
  ]
  if (options.underscoreInMetadata !== false) {
    cases.push(['underscores', { is_full: 'true' }])
  }
  if (options.longMetadata !== false) {
    cases.push([
      'almost 2 KiB, in two values',
      { long: 'x'.repeat(1000), longer: `${'y '.repeat(468)}z` },
    ])
  }
  for (const [title, metadata] of cases) {
    await t.test(title, async (t) => {
      const key = prefix + title.replaceAll(' ', '-')
      await put(store, key, Buffer.from('x'), { metadata })
      const info = await store.head(key)
      t.strictSame({ ...info.metadata }, metadata)
    })
  }
}
