import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@z3/fixtures'
import t from 'tap'
import { createProgress, progressLine } from '../src/progress.js'

const MIB = 1024 ** 2

void t.test('a line of progress', (t) => {
  t.equal(
    progressLine({
      name: 'tank@b (2/3)',
      done: 100 * MIB,
      size: 400 * MIB,
      seconds: 10,
      share: 0.25,
    }),
    'tank@b (2/3)  100M of about 400M  10M/s  30s left  10s  all: 25 %',
  )
  t.equal(
    progressLine({
      name: 'tank@a (1/1)',
      done: undefined,
      size: 5,
      seconds: 75,
      share: undefined,
    }),
    'tank@a (1/1)  1m 15s',
    'where no figures are to be had',
  )
  t.equal(
    progressLine({
      name: 'x',
      done: 10 * MIB,
      size: 5 * MIB,
      seconds: 1,
      share: 1,
    }),
    'x  10M of about 5M  10M/s  1s  all: 100 %',
    'an estimate that was too low',
  )
  t.equal(
    progressLine({
      name: 'x',
      done: MIB,
      size: undefined,
      seconds: 0,
      share: undefined,
    }),
    'x  1M  1M/s  0s',
  )
  t.end()
})

void t.test('what is shown of a step', async (t) => {
  const stream = new PassThrough()
  /** All of it: what read() returns is one chunk with newer Nodes. */
  const written = (): string => {
    let text = ''
    for (let more; (more = stream.read() as Buffer | null) !== null;) {
      text += String(more)
    }
    return text
  }
  const begun = (expected: readonly (number | undefined)[] | undefined) => {
    const progress = createProgress(expected, stream)
    return [50 * MIB, 100 * MIB].map((size, step) => {
      written()
      progress.begin(`tank@${String(step)}`, process.pid, size)
      const line = written()
      progress.end()
      return line
    })
  }
  t.match(begun([50 * MIB, 100 * MIB])[1], /^tank@1 \(2\/2\) {2}/)
  const [first, second] = begun(undefined)
  t.match(first, /^tank@0 {2}/)
  t.match(second, /^tank@1 {2}/, 'how many there will be is not known')

  // the figures come after a while
  const skip = process.platform !== 'linux' && 'bytes are known on Linux alone'
  await t.test('its size', { skip }, async () => {
    await until('the size is shown', async () => {
      const progress = createProgress(undefined, stream)
      progress.begin('tank@a', process.pid, 7 * MIB)
      await sleep(1000)
      progress.end()
      return written().includes('of about 7M')
    })
  })
})
