import t from 'tap'
import { checkMetadata, parseMetadata } from '../src/index.js'

void t.test('parseMetadata', (t) => {
  for (const [items, metadata] of [
    [[], {}],
    [['size=123'], { size: '123' }],
    [['isfull=true', 'compressor=pigz1'], { isfull: 'true', compressor: 'pigz1' }],
    [['parent=tank/a b@x'], { parent: 'tank/a b@x' }],
    [['send-flags=-w=1=2='], { 'send-flags': '-w=1=2=' }],
    [['k=='], { k: '=' }],
    [['k='], { k: '' }],
    [['is_full=true'], { is_full: 'true' }],
    [["!#$%&'*+-.^_`|~09az=v"], { "!#$%&'*+-.^_`|~09az": 'v' }],
    [['k=inner  blank'], { k: 'inner  blank' }],
    [[`k=${'v'.repeat(2047)}`], { k: 'v'.repeat(2047) }],
  ] as const) {
    t.strictSame(parseMetadata(items), metadata, items.join(' ').slice(0, 60))
  }
  const odd = parseMetadata(['__proto__=x', 'constructor=y'])
  t.strictSame(Object.entries(odd), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
  t.end()
})

void t.test('what S3 or HTTP would change or refuse', (t) => {
  for (const [items, message] of [
    [['X'], "malformed metadata 'X'; should be key=value"],
    [[''], "malformed metadata ''; should be key=value"],
    [['=v'], "malformed metadata '=v'; should be key=value"],
    [['a=1', 'b'], "malformed metadata 'b'; should be key=value"],
    [['a=1', 'a=2'], "metadata key 'a' is given twice"],
    [['a=1', 'a=1'], "metadata key 'a' is given twice"],
    [['IsFull=true'], "metadata key 'IsFull' has upper-case letters"],
    [['a b=1'], 'metadata key "a b" is not allowed in HTTP'],
    [['a:b=1'], 'metadata key "a:b" is not allowed in HTTP'],
    [['a\r\nb=1'], 'metadata key "a\\r\\nb" is not allowed in HTTP'],
    [['ü=1'], 'metadata key "ü" is not allowed in HTTP'],
    [['k=ü'], "the value of metadata 'k' is not printable ASCII"],
    [['k=a\nb'], "the value of metadata 'k' is not printable ASCII"],
    [['k=a\tb'], "the value of metadata 'k' is not printable ASCII"],
    [['k=\x7f'], "the value of metadata 'k' is not printable ASCII"],
    [['k= v'], "the value of metadata 'k' begins or ends with a space"],
    [['k=v '], "the value of metadata 'k' begins or ends with a space"],
    [['k= '], "the value of metadata 'k' begins or ends with a space"],
    [[`k=${'v'.repeat(2048)}`], 'metadata has 2049 bytes, more than 2048'],
    [
      [`aa=${'v'.repeat(1020)}`, `bb=${'v'.repeat(1025)}`],
      'metadata has 2049 bytes, more than 2048',
    ],
  ] as const) {
    t.throws(
      () => parseMetadata(items),
      { code: 'invalid-metadata', message },
      JSON.stringify(items).slice(0, 60),
    )
  }
  t.throws(() => parseMetadata(['IsFull=1']), {
    code: 'invalid-metadata',
    hint: "S3 would change them: write 'isfull'.",
  })
  t.end()
})

void t.test('checkMetadata, for what did not come from a command line', (t) => {
  t.doesNotThrow(() => {
    checkMetadata({ guid: '1', 'parent-guid': '2' })
  })
  for (const bad of [{ Guid: '1' }, { '': '1' }, { a: ' ' }, { a: '\0' }]) {
    t.throws(
      () => {
        checkMetadata(bad)
      },
      { code: 'invalid-metadata' },
      JSON.stringify(bad),
    )
  }
  t.end()
})
