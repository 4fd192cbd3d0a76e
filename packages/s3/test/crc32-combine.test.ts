import { randomBytes, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { crc32Combine } from '../src/crc32.js'

void t.test('is the CRC-32 of the concatenation', (t) => {
  for (let round = 0; round < 500; round++) {
    const a = randomBytes(randomInt(0, 300))
    const b = randomBytes(randomInt(0, round < 50 ? 5 : 5000))
    const whole = crc32(Buffer.concat([a, b]))
    const combined = crc32Combine(crc32(a), crc32(b), b.length)
    if (combined !== whole) t.fail(`${String(a.length)} ${String(b.length)}`)
  }
  t.pass('500 random pairs')
  t.end()
})

void t.test('many parts, from left to right', (t) => {
  const parts = Array.from({ length: 40 }, (_, i) => randomBytes(i * 37))
  let combined = 0
  for (const part of parts) {
    combined = crc32Combine(combined, crc32(part), part.length)
  }
  t.equal(combined, crc32(Buffer.concat(parts)))
  t.end()
})

void t.test('nothing appended, and to nothing', (t) => {
  const crc = crc32('z3')
  t.equal(crc32Combine(crc, 0, 0), crc)
  t.equal(crc32Combine(0, crc, 2), crc)
  t.end()
})

void t.test('lengths above 2^32', (t) => {
  // zeros can be appended in two steps or in one, whatever their number; the
  // CRC of n zeros comes from doubling
  const zeros = (bytes: number): number => {
    if (bytes === 0) return 0
    const half = zeros(Math.floor(bytes / 2))
    const even = crc32Combine(half, half, Math.floor(bytes / 2))
    return bytes % 2 === 0 ? even : crc32(Buffer.alloc(1), even)
  }
  t.equal(zeros(1_000_001), crc32(Buffer.alloc(1_000_001)), 'the helper holds')
  const crc = crc32('tank/a@d-1')
  for (const [first, second] of [
    [2 ** 31, 2 ** 31],
    [2 ** 32 + 1, 77],
    [5 * 2 ** 40, 3],
    [2 ** 52, 2 ** 51 + 1],
  ] as const) {
    const once = crc32Combine(crc, zeros(first + second), first + second)
    const twice = crc32Combine(crc32Combine(crc, zeros(first), first), zeros(second), second)
    t.equal(once, twice, `${String(first)} + ${String(second)}`)
  }
  t.equal(zeros(5 * 2 ** 30), 423114947, 'as zlib.crc32 over 5 GiB of zeros')
  t.end()
})
