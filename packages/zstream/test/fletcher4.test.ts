import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createFletcher4, hasSimd, type Sums } from '../src/fletcher4.js'

/** As the definition has it, one word after the other. */
const bySlowSum = (bytes: Buffer, swapped: boolean, from: Sums): Sums => {
  let [a, b, c, d] = from
  for (let at = 0; at < bytes.length; at += 4) {
    const word = swapped ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)
    a = BigInt.asUintN(64, a + BigInt(word))
    b = BigInt.asUintN(64, b + a)
    c = BigInt.asUintN(64, c + b)
    d = BigInt.asUintN(64, d + c)
  }
  return [a, b, c, d]
}

void t.test('sums as the definition has them', (t) => {
  t.equal(hasSimd(), true, 'Node 20 has SIMD')
  for (const simd of [true, false]) {
    const fletcher = createFletcher4(200_000, simd)
    let expected: Sums = [0n, 0n, 0n, 0n]
    for (const length of [0, 4, 8, 12, 16, 20, 312, 4096, 131_072, 100_004]) {
      for (const swapped of [false, true]) {
        for (const fill of ['random', 'ones']) {
          const at = 4 + (length % 7)
          const bytes = fill === 'random' ? randomBytes(length) : Buffer.alloc(length, 0xff)
          fletcher.bytes.set(bytes, at)
          fletcher.update(at, length, swapped)
          expected = bySlowSum(bytes, swapped, expected)
          const what = `${String(length)} ${fill}, swapped: ${String(swapped)}`
          t.strictSame(fletcher.sums(), expected, what)
        }
      }
    }
    fletcher.reset()
    t.strictSame(fletcher.sums(), [0n, 0n, 0n, 0n])
  }
  t.end()
})

void t.test('a gigabyte of the largest words wraps alike', (t) => {
  const size = 1 << 20
  const fast = createFletcher4(size, true)
  fast.bytes.fill(0xff)
  for (let i = 0; i < 1024; i += 1) fast.update(0, size, false)
  // the sums of n equal words w: n w, n(n+1)/2 w, ...
  const n = BigInt(size / 4) * 1024n
  const w = 0xffff_ffffn
  const pair = (n * (n + 1n)) / 2n
  const triple = (pair * (n + 2n)) / 3n
  const fourth = (triple * (n + 3n)) / 4n
  const wrapped = [n, pair, triple, fourth].map((x) => BigInt.asUintN(64, x * w))
  t.strictSame(fast.sums(), wrapped)
  t.end()
})
