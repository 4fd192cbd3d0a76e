import t from 'tap'
import { readStreamHead, recognizeContent } from '../src/index.js'
import { streamHead } from './stream-bytes.js'

const hex = (text: string) =>
  Buffer.concat([Buffer.from(text.replaceAll(' ', ''), 'hex'), Buffer.alloc(64)])

void t.test('a stream', (t) => {
  for (const little of [true, false]) {
    const bytes = streamHead({ guid: 2n ** 64n - 1n, from: 7n, little })
    t.strictSame(readStreamHead(bytes), {
      compound: false,
      guid: '18446744073709551615',
      fromGuid: '7',
    })
    t.strictSame(readStreamHead(streamHead({ guid: 5n, little })), {
      compound: false,
      guid: '5',
      fromGuid: undefined,
    })
    t.match(readStreamHead(streamHead({ guid: 0n, kind: 2n, little })), {
      compound: true,
    })
    t.equal(recognizeContent(bytes), 'zfs')
    t.equal(readStreamHead(bytes.subarray(0, 311)), undefined, 'cut')
  }
  const other = streamHead({ guid: 5n, little: true })
  other.writeUInt32LE(1, 0)
  t.equal(readStreamHead(other), undefined, 'not a first record')
  t.end()
})

// the first bytes of what the programs write, as they are installed here
void t.test('filters', (t) => {
  for (const [content, bytes] of [
    ['gzip', '1f8b0800 00000000'],
    ['zstd', '28b52ffd 04880900'],
    ['zstd', '502a4d18 04000000'],
    ['lz4', '04224d18 64409a'],
    ['lz4', '02214c18 00'],
    ['xz', 'fd377a585a00 0004'],
    ['bzip2', '425a6839 314159265359'],
    ['lzop', '894c5a4f000d0a1a0a 1040'],
    ['age', '6167652d656e6372797074696f6e2e6f72672f76310a'],
    // RSA, ECDH, the new format of both, a passphrase, in ASCII
    ['gpg', '85018c03 0011'],
    ['gpg', '845e03 0011'],
    ['gpg', 'c15e03 00'],
    ['gpg', 'c1c0cc03 00'],
    ['gpg', '8c0d04 0903'],
    ['gpg', '2d2d2d2d2d424547494e20504750204d455353414745'],
    [undefined, ''],
    [undefined, '00000000'],
    [undefined, '1f8b07'],
    [undefined, '84000000'],
  ] as const) {
    t.equal(recognizeContent(hex(bytes)), content, bytes)
  }
  t.equal(recognizeContent(new Uint8Array(0)), undefined)
  t.end()
})
