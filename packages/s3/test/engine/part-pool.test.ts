import { TIB } from '@z3/core'
import t from 'tap'
import { PartPool } from '../../src/engine/part-pool.js'

void t.test('more memory than one buffer of Node.js 20 can have', async (t) => {
  // never touched, so never resident
  const pool = new PartPool(5 * 2 ** 30, 9)
  const slots = await Promise.all(Array.from({ length: 5 }, () => pool.acquire(2 ** 30)))
  t.strictSame(slots.map(({ buffer }) => buffer.byteOffset / 2 ** 30).sort(), [0, 1, 2, 3, 4])
  t.end()
})

void t.test('more memory than there is', (t) => {
  t.throws(() => new PartPool(8000 * TIB, 9), {
    code: 'usage',
    message: 'cannot allocate 8000T of memory for buffers',
  })
  t.end()
})
