import t from 'tap'
import { HEADER_BYTES, isSingle } from '../../src/serve/check-stream.js'

/** A BEGIN record of either byte order. */
const record = (
  order: 'LE' | 'BE',
  {
    type = 0,
    magic = 0x2f5bacbacn,
    info = 0x11n,
  }: { type?: number; magic?: bigint; info?: bigint } = {},
): Buffer => {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes[`writeUInt32${order}`](type, 0)
  bytes[`writeBigUInt64${order}`](magic, 8)
  bytes[`writeBigUInt64${order}`](info, 16)
  return bytes
}

void t.test('of one snapshot, or not', (t) => {
  for (const order of ['LE', 'BE'] as const) {
    t.ok(isSingle(record(order)), order)
    // what a raw stream and one with every flag have
    t.ok(isSingle(record(order, { info: 0x12c0011n })), order)
    for (const [what, more] of [
      ['compound', { info: 0x2n }],
      ['compound, with flags', { info: 0x16n }],
      ['neither', { info: 0x10n }],
      ['both', { info: 0x3n }],
      ['another record', { type: 5 }],
      ['another magic', { magic: 0x2f5bacbadn }],
    ] as const) {
      t.notOk(isSingle(record(order, more)), `${what}, ${order}`)
    }
  }
  t.notOk(isSingle(record('LE').subarray(1)), 'cut')
  t.end()
})
