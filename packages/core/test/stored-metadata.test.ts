import t from 'tap'
import { checkMetadata, readStored, storedMetadata, type StoredFields } from '../src/index.js'

const NONE: StoredFields = {
  size: undefined,
  parent: undefined,
  compressor: undefined,
  guid: undefined,
  parentGuid: undefined,
  created: undefined,
  sendFlags: [],
  encryptor: undefined,
}
const FULL: StoredFields = {
  ...NONE,
  size: 5_000_000,
  compressor: 'pigz1',
  guid: '18446744073709551615',
  created: 1_700_000_000,
}

void t.test("z3's metadata in z3's order, then ours", (t) => {
  for (const [fields, expected] of [
    [NONE, 'isfull=true'],
    [
      FULL,
      'size=5000000 isfull=true compressor=pigz1 guid=18446744073709551615 created=1700000000',
    ],
    [
      {
        ...FULL,
        parent: 'tank/a@a',
        parentGuid: '7',
        sendFlags: ['c', 'w'],
        encryptor: 'age',
      },
      'size=5000000 parent=tank/a@a compressor=pigz1 guid=18446744073709551615 parent-guid=7 created=1700000000 send-flags=wc encryptor=age',
    ],
    [
      { ...FULL, size: undefined, twinOf: 'a' },
      'isfull=true compressor=pigz1 guid=18446744073709551615 created=1700000000 snapshot=a',
    ],
    [{ ...NONE, size: 0, created: 0, guid: '0' }, 'size=0 isfull=true guid=0 created=0'],
  ] as const) {
    const metadata = storedMetadata(fields)
    const words = Object.entries(metadata).map(([k, v]) => `${k}=${v}`)
    t.equal(words.join(' '), expected)
    t.doesNotThrow(() => {
      checkMetadata(metadata)
    }, 'stores take it')
    const flags = fields.sendFlags.length > 0 ? ['w', 'c'] : []
    t.match(
      readStored({ key: 'k', size: 1, metadata }, 'tank/a', 'a.full'),
      { ...fields, sendFlags: flags, problem: undefined },
      'and it is read back',
    )
  }
  t.end()
})
