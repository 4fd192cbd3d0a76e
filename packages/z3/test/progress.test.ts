import t from 'tap'
import { progressLine } from '../src/progress.js'

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
    'tank@b (2/3)  100 MiB of about 400 MiB  10 MiB/s  30s left  10s  all: 25 %',
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
    'x  10 MiB of about 5 MiB  10 MiB/s  1s  all: 100 %',
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
    'x  1 MiB  1 MiB/s  0s',
  )
  t.end()
})
