import t from 'tap'
import { mismatch } from '../../src/s3/check-object.js'

const ONE = `"${'a'.repeat(32)}-2"`
const OTHER = `"${'b'.repeat(32)}-2"`

const info = (size: number, etag: string, crc32?: number) => ({
  key: 'k',
  size,
  etag,
  crc32,
  metadata: {},
  modified: undefined,
})

void t.test('what stands at a key and what was sent', (t) => {
  for (const [what, stands, sent, expected] of [
    ['the same', info(5, ONE), [5, ONE], undefined],
    ['another size', info(6, ONE), [5, ONE], /6 bytes instead of 5/],
    ['another ETag', info(5, OTHER), [5, ONE], undefined],
    ['no MD5', info(5, '"x"'), [5, ONE], undefined],
    ['parts without MD5', info(5, ONE), [5, ''], undefined],
    ['another CRC-32', info(5, ONE, 1), [5, ONE, 2], /CRC-32 AAAAAQ==/],
    ['the same CRC-32', info(5, OTHER, 2), [5, ONE, 2], undefined],
  ] as const) {
    const [size, etag, crc32] = sent
    const problem = mismatch(stands, { size, etag, crc32, nonce: undefined })
    if (expected) t.match(problem, expected, what)
    else t.equal(problem, undefined, what)
  }
  t.end()
})
