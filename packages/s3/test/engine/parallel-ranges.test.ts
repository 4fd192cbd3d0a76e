import { EventEmitter, once } from 'node:events'
import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { ParallelRanges } from '../../src/engine/parallel-ranges.js'

/** Wait for ranges that take so many milliseconds each. @returns the limit after each */
const limits = async (most: number, times: readonly number[]): Promise<readonly number[]> => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const ranges = new ParallelRanges(most)
    const seen: number[] = []
    for (const time of times) {
      let grown = 0
      const range = new EventEmitter()
      const before = ranges.limit
      const arrival = ranges.arrival(once(range, 'arrived'), () => {
        grown += 1
      })
      mock.timers.tick(time)
      t.equal(grown, Number(ranges.limit > before), 'it is told at once')
      range.emit('arrived')
      await arrival
      seen.push(ranges.limit)
      await turn()
    }
    return seen
  } finally {
    mock.timers.reset()
  }
}

void t.test('few ranges while they keep up', async (t) => {
  t.strictSame(await limits(8, [290, 30, 30, 1]), [2, 2, 2, 2])
  t.strictSame(await limits(1, [500, 500]), [1, 1])
})

void t.test('all after a first one that is late', async (t) => {
  t.strictSame(await limits(8, [310, 1, 1]), [8, 8, 8])
})

void t.test('one that is late by chance does not count', async (t) => {
  t.strictSame(await limits(8, [1, 50, 1, 50, 1]), [2, 2, 2, 2, 2])
  t.strictSame(await limits(8, [1, 50, 50]), [2, 2, 8])
})

void t.test('a range that fails', async (t) => {
  const ranges = new ParallelRanges(8)
  await t.rejects(
    ranges.arrival(Promise.reject(new Error('gone')), () => undefined),
    { message: 'gone' },
  )
  t.equal(ranges.limit, 2)
})
