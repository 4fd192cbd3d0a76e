import t from 'tap'
import { GIB, TIB, z3Size } from '../src/index.js'

void t.test("z3's sizes, exactly", (t) => {
  for (const [bytes, text] of [
    [0, '0 M'],
    [1234, '0 M'],
    [5242, '0 M'],
    [5243, '0.01 M'],
    [5_000_000, '4.77 M'],
    [104_857_600, '100 M'],
    [GIB, '1024 M'],
    [GIB + 1, '1 G'],
    [54_236_847_013, '50.51 G'],
    [TIB, '1024 G'],
    [TIB + 1, '1 T'],
    [5 * TIB, '5 T'],
    [1024 * TIB, '1024 T'],
    [2048 * TIB, '2048 T'],
    // Python rounds halves to the even digit, JavaScript away from zero
    [131_072, '0.12 M'],
    [393_216, '0.38 M'],
    [655_360, '0.62 M'],
    [917_504, '0.88 M'],
    [1_179_648, '1.12 M'],
    [GIB * 1.125, '1.12 G'],
  ] as const) {
    t.equal(z3Size(bytes), text, String(bytes))
  }
  t.end()
})
