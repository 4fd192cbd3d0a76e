import t from 'tap'
import { parseSchedule, planMissing, type MissingRequest } from '../src/index.js'

interface Snapshot {
  readonly created: number
}

const plan = (
  times: readonly number[],
  options: Partial<MissingRequest<Snapshot>> = {},
): readonly [destroyed: readonly number[], dataset: boolean, reason?: string] => {
  const { destroy, destroyDataset, reason } = planMissing({
    ours: times.map((created) => ({ created })),
    hasOthers: false,
    hasChildren: false,
    schedule: parseSchedule('0'),
    ttl: undefined,
    now: 1000,
    ...options,
  })
  const gone = destroy.map(({ created }) => created)
  return reason === undefined ? [gone, destroyDataset] : [gone, destroyDataset, reason]
}

void t.test('a copy without a source', (t) => {
  // thinned, but for the newest
  t.strictSame(plan([1, 2, 3]), [[1, 2], false])
  t.strictSame(plan([1, 2, 3], { schedule: parseSchedule('2') }), [[1], false])
  t.strictSame(plan([1, 2, 3], { schedule: undefined }), [[], false])
  t.strictSame(plan([]), [[], false])
  // its time is not over: a second later it is
  const waits = 'Waiting for deadline.'
  t.strictSame(plan([1, 900], { ttl: 101 }), [[1], false, waits])
  t.strictSame(plan([1, 900], { ttl: 100 }), [[1], true])
  t.strictSame(plan([900], { ttl: 0 }), [[], true])
  // a clock was set back: the newest is the last, the deadline the latest
  t.strictSame(plan([900, 1]), [[900], false])
  t.strictSame(plan([900, 1], { ttl: 101 }), [[900], false, waits])
  t.strictSame(plan([2000, 1, 2], { ttl: 101 }), [[1], false, waits])
  t.strictSame(plan([1, 2], { ttl: 10, hasOthers: true }), [
    [1],
    false,
    'Still in use by other snapshots',
  ])
  t.strictSame(plan([1, 2], { ttl: 10, hasChildren: true }), [
    [1],
    false,
    'Still has children here.',
  ])
  t.strictSame(plan([], { ttl: 10 }), [
    [],
    false,
    'has no snapshots made by us (please destroy manually).',
  ])
  t.strictSame(plan([], { ttl: 10, hasChildren: true }), [[], false])
  t.end()
})
