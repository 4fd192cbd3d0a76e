import t from 'tap'
import { mustLook, readStored, type Content, type StoredSnapshot } from '../src/index.js'

const read = (metadata: Record<string, string>, snapshot = 'b'): StoredSnapshot =>
  readStored({ key: `z3-backup/tank/a@${snapshot}`, size: 77, metadata }, 'tank/a', snapshot)

const NOTHING = {
  dataset: 'tank/a',
  snapshot: 'b',
  key: 'z3-backup/tank/a@b',
  bytes: 77,
  uploaded: undefined,
  size: undefined,
  parent: undefined,
  guid: undefined,
  parentGuid: undefined,
  created: undefined,
  compressor: undefined,
  encryptor: undefined,
  sendFlags: [],
  problem: undefined,
}

void t.test('what z3 and we write', (t) => {
  for (const [metadata, expected] of [
    [{ isfull: 'true' }, {}],
    // before 0.2.0, and what radosgw makes of it
    [{ is_full: 'true' }, {}],
    [{ 'is-full': 'true' }, {}],
    [{ parent: 'tank/a@a' }, { parent: 'tank/a@a' }],
    [{ isfull: 'false', parent: 'tank/a@a' }, { parent: 'tank/a@a' }],
    [
      { size: '5000000', isfull: 'true', compressor: 'pigz1' },
      { size: 5_000_000, compressor: 'pigz1' },
    ],
    [
      { isfull: 'true', size: '0', created: '0' },
      { size: 0, created: 0 },
    ],
    [{ isfull: 'true', compressor: 'none', encryptor: 'none' }, {}],
    [{ isfull: 'true', compressor: 'my.zstd_9-x' }, { compressor: 'my.zstd_9-x' }],
    [{ isfull: 'true', 'send-flags': '' }, {}],
    [
      {
        parent: 'tank/a@a b',
        guid: '18446744073709551615',
        'parent-guid': '1',
        created: '1700000000',
        'send-flags': 'cw',
        encryptor: 'age',
        'somebody-else': '\u0000',
        __proto__: 'x',
      },
      {
        parent: 'tank/a@a b',
        guid: '18446744073709551615',
        parentGuid: '1',
        created: 1_700_000_000,
        sendFlags: ['w', 'c'],
        encryptor: 'age',
      },
    ],
  ] as const) {
    t.strictSame(read(metadata), { ...NOTHING, ...expected }, JSON.stringify(metadata))
  }
  t.end()
})

void t.test('the time of the upload', (t) => {
  for (const [modified, uploaded] of [
    [new Date(1_700_000_000_999), 1_700_000_000],
    [new Date(NaN), undefined],
    [undefined, undefined],
  ] as const) {
    const object = { key: 'k', size: 1, modified, metadata: {} }
    t.equal(readStored(object, 'tank/a', 'b').uploaded, uploaded)
  }
  t.end()
})

void t.test('what cannot be believed', (t) => {
  const full = { isfull: 'true' }
  const long = 'x'.repeat(65)
  for (const [metadata, problem] of [
    [{}, 'neither isfull nor parent'],
    [{ isfull: 'TRUE' }, 'neither isfull nor parent'],
    [{ isfull: 'true ' }, 'neither isfull nor parent'],
    [{ isfull: '1', is_full: '' }, 'neither isfull nor parent'],
    [{ ...full, parent: 'tank/a@a' }, 'both isfull and parent'],
    [{ ...full, 'parent-guid': '1' }, 'both isfull and parent-guid'],
    [{ ...full, snapshot: 'b' }, 'snapshot does not belong to the key'],
    [{ ...full, snapshot: '' }, 'snapshot does not belong to the key'],
    [{ parent: '' }, 'parent is not the name of a snapshot'],
    [{ parent: 'tank/a' }, 'parent is not the name of a snapshot'],
    [{ parent: '@a' }, 'parent is not the name of a snapshot'],
    [{ parent: 'tank/a@' }, 'parent is not the name of a snapshot'],
    [{ parent: 'tank/a@a@b' }, 'parent is not the name of a snapshot'],
    [{ parent: 'tank/a@a\n' }, 'parent is not the name of a snapshot'],
    [{ parent: '-i tank/a@a;reboot' }, 'parent is not the name of a snapshot'],
    [{ parent: `tank/a@${'x'.repeat(300)}` }, 'parent is not the name of a snapshot'],
    ...[
      '',
      '-1',
      '1.5',
      '1e3',
      ' 1',
      '0x1',
      '01',
      'NaN',
      '9007199254740992',
      '9'.repeat(400),
    ].flatMap(
      (text) =>
        [
          [{ ...full, size: text }, 'size is not a number of bytes'],
          [{ ...full, created: text }, 'created is not a time'],
        ] as const,
    ),
    // a Date holds no such time, and would throw when it is written
    [{ ...full, created: '8640000000001' }, 'created is not a time'],
    ...['', '0x1', '-1', '007', '1 ', '18446744073709551616', '9'.repeat(5000)].flatMap(
      (text) =>
        [
          [{ ...full, guid: text }, 'guid is not a number of 64 bits'],
          [{ parent: 'tank/a@a', 'parent-guid': text }, 'parent-guid is not a number of 64 bits'],
        ] as const,
    ),
    ...['', ' ', 'a b', 'a;b', '$(reboot)', '../x', 'ä', 'a\n', long].flatMap(
      (text) =>
        [
          [{ ...full, compressor: text }, 'compressor is not a name'],
          [{ ...full, encryptor: text }, 'encryptor is not a name'],
        ] as const,
    ),
    [{ ...full, 'send-flags': 'wx' }, 'send-flags are not flags of zfs send'],
    [{ ...full, 'send-flags': '-w' }, 'send-flags are not flags of zfs send'],
    // the first of several
    [{ size: 'x', guid: 'x' }, 'neither isfull nor parent'],
    [{ ...full, guid: 'x', size: 'x' }, 'size is not a number of bytes'],
  ] as const) {
    const found = read({ ...metadata })
    t.equal(found.problem, problem, JSON.stringify(metadata).slice(0, 70))
  }
  t.end()
})

void t.test('nothing that is malformed is handed on', (t) => {
  t.strictSame(
    read({
      isfull: 'true',
      parent: 'tank/a@a',
      size: '-5',
      guid: 'x',
      'parent-guid': 'x',
      created: 'x',
      compressor: 'a b',
      encryptor: 'a b',
      'send-flags': 'x',
    }),
    { ...NOTHING, isParentUnknown: true, problem: 'both isfull and parent' },
  )
  t.equal(read({ isfull: 'true', size: '-5', guid: '7' }).guid, '7')
  t.end()
})

void t.test('a key that no snapshot has', (t) => {
  for (const bad of ['', 'a@b', 'a/b', 'a\n', 'x'.repeat(300)]) {
    t.equal(
      read({ isfull: 'true' }, bad).problem,
      'its key is not the name of a snapshot',
      bad.slice(0, 10),
    )
  }
  t.end()
})

void t.test('a full twin', (t) => {
  const twin = (metadata: Record<string, string>) =>
    readStored({ key: 'k', size: 1, metadata }, 'tank/a', 'b.full')
  const sound = { isfull: 'true', guid: '7', snapshot: 'b' }
  t.match(twin(sound), { twinOf: 'b', problem: undefined })
  for (const metadata of [
    { isfull: 'true', snapshot: 'b' },
    { parent: 'tank/a@a', guid: '7', snapshot: 'b' },
  ]) {
    t.match(twin(metadata), { problem: 'snapshot without isfull and guid' })
  }
  t.match(twin({ ...sound, snapshot: 'c' }), {
    problem: 'snapshot does not belong to the key',
    twinOf: undefined,
  })
  t.end()
})

void t.test('the bytes win over what the original wrote of them', (t) => {
  const says = (compressor: string, is: string) =>
    `its metadata says compressor ${JSON.stringify(compressor)}, and it is ${is}`
  const stream = 'an uncompressed stream'
  const cases: readonly (readonly [
    compressor: string,
    content: Content | undefined,
    expected: Partial<StoredSnapshot>,
  ])[] = [
    ['foo', 'zfs', { remark: says('foo', stream) }],
    ['zstd', 'zfs', { remark: says('zstd', stream) }],
    ['', 'zfs', { remark: says('', stream) }],
    ['pigz 9', 'gzip', { compressor: 'gzip', remark: says('pigz 9', 'gzip') }],
    ['zstd', 'zstd', { compressor: 'zstd' }],
    ['zstd3', 'zstd', { compressor: 'zstd3' }],
    ['pbzip2', 'bzip2', { compressor: 'pbzip2' }],
    ['lz4', 'xz', { compressor: 'xz', remark: says('lz4', 'xz') }],
    ['GPG', 'gpg', { compressor: 'gpg', remark: says('GPG', 'gpg') }],
    ['zstd3', 'age', { encryptor: 'age' }],
    ['foo', undefined, { compressor: 'foo' }],
    ['a b', undefined, { problem: 'compressor is not a name' }],
  ]
  for (const [compressor, content, expected] of cases) {
    const metadata = { isfull: 'true', compressor }
    t.ok(mustLook(metadata), compressor)
    t.strictSame(
      readStored({ key: NOTHING.key, size: 77, metadata, content }, 'tank/a', 'b'),
      { ...NOTHING, ...expected },
      `${compressor}, ${String(content)}`,
    )
  }
  const forked = { isfull: 'true', compressor: 'zstd3', encryptor: 'gpg' }
  t.match(
    readStored({ key: NOTHING.key, size: 77, metadata: forked, content: 'gpg' }, 'tank/a', 'b'),
    { compressor: 'zstd3', encryptor: 'gpg', remark: undefined },
  )
  t.end()
})

void t.test('what need not be looked at', (t) => {
  for (const compressor of ['none', 'None', 'NONE', 'pigz1', 'pigz4', 'gpg']) {
    t.notOk(mustLook({ isfull: 'true', compressor }), compressor)
  }
  t.notOk(mustLook({ isfull: 'true' }))
  t.notOk(mustLook({ isfull: 'true', compressor: 'foo', guid: '7' }), 'ours')
  for (const compressor of ['none', 'None', 'NONE']) {
    const { compressor: read_, problem } = read({ isfull: 'true', compressor })
    t.strictSame([read_, problem], [undefined, undefined])
  }
  t.end()
})
