import t from 'tap'
import { explainThin, obsoleteOf, parseSchedule, thin } from '../src/index.js'

const at = (...times: readonly number[]) => times.map((created) => ({ created }))

/** The times that are kept. */
const kept = (
  schedule: string,
  times: readonly number[],
  now: number,
  wanted: readonly number[] = [],
): readonly number[] =>
  thin(at(...times), parseSchedule(schedule), now, ({ created }) =>
    wanted.includes(created),
  ).keep.map(({ created }) => created)

const DAY = 86_400

void t.test('the oldest of each day', (t) => {
  const times = [0, 3600, 86_399, 86_400, 86_401, 172_800]
  t.strictSame(kept('1d1w', times, 172_800), [0, 86_400, 172_800])
  t.end()
})

void t.test('as old as the time to live is not too old', (t) => {
  t.strictSame(kept('1d1w', [0], 604_800), [0])
  t.strictSame(kept('1d1w', [0], 604_801), [])
  t.end()
})

void t.test('once the oldest of a block is too old, the next takes it', (t) => {
  t.strictSame(kept('1d1w', [0, 1, 2], 604_800), [0])
  t.strictSame(kept('1d1w', [0, 1, 2], 604_801), [1])
  t.end()
})

void t.test('blocks count from the epoch: weeks begin on a Thursday', (t) => {
  const thursday = Date.UTC(2026, 0, 1) / 1000
  const times = [-1, 0, 6 * DAY].map((s) => thursday + s)
  t.strictSame(kept('1w1y', times, thursday + 7 * DAY), times.slice(0, 2))
  t.end()
})

void t.test('the last ones', (t) => {
  t.strictSame(kept('2', [1, 2, 3], 1e9), [2, 3])
  t.strictSame(kept('3', [1, 2, 3], 1e9), [1, 2, 3])
  t.strictSame(kept('4', [1, 2, 3], 1e9), [1, 2, 3])
  t.strictSame(kept('0', [1, 2, 3], 1e9), [])
  t.strictSame(kept('', [1, 2, 3], 1e9), [])
  t.strictSame(kept('2', [], 1e9), [])
  t.end()
})

void t.test('those of the future are kept, until the time has come', (t) => {
  const times = [10 * DAY, 10 * DAY + 1]
  t.strictSame(kept('1d1w', times, 5), times)
  t.strictSame(kept('0', times, 10 * DAY), [10 * DAY + 1])
  t.strictSame(kept('0', [10 * DAY + 0.9], 10 * DAY), [])
  t.strictSame(kept('1d1w', times, 10 * DAY + 1), [10 * DAY])
  const [one] = explainThin(at(9), parseSchedule('0'), 8)
  t.strictSame(one?.reasons, [{ kind: 'future' }])
  t.end()
})

void t.test('after a clock was set back', (t) => {
  const ahead = [0, 1, 2].map((hour) => 2 * DAY + hour * 3600)
  const since = [DAY, DAY + 60, DAY + 120]
  const all = [...ahead, ...since]
  // the last are those taken last
  t.strictSame(kept('2', all, DAY + 120), [...ahead, ...since.slice(1)])
  t.strictSame(kept('2', all, 4 * DAY), since.slice(1))
  t.strictSame(kept('1d1w', all, 4 * DAY), [2 * DAY, DAY])
  t.end()
})

void t.test('obsoleteOf lets the newest be, by its place in the list', (t) => {
  const gone = (schedule: string, times: readonly number[], now = 1e9) =>
    obsoleteOf(at(...times), parseSchedule(schedule), now).map(({ created }) => created)
  t.strictSame(gone('0', [1, 2, 3]), [1, 2])
  t.strictSame(gone('0', [3, 1, 2]), [3, 1])
  t.strictSame(gone('0', [30, 1, 2], 20), [1])
  t.strictSame(gone('1', [30, 1, 2], 20), [1])
  t.strictSame(obsoleteOf(at(1, 2), undefined, 9), [])
  t.end()
})

void t.test('rules of the same period share their blocks', (t) => {
  // the first is kept by the month alone; the week would want the second
  const times = [0, 1]
  t.strictSame(kept('1d1w', times, 604_801), [1])
  t.strictSame(kept('1d1w,1d1m', times, 604_801), [0])
  t.strictSame(kept('24h1w,1d1m', times, 604_801), [0])
  t.strictSame(kept('1d1w,2d1m', times, 604_801), [0, 1])
  t.end()
})

void t.test('what is wanted is kept, and takes no other block', (t) => {
  // too old for a block: the next one has it
  t.strictSame(kept('1d1w', [0, 1, 2], 604_801, [0]), [0, 1])
  // young enough, but not the first of its block
  t.strictSame(kept('1d1w', [0, 1, 2], 604_800, [1]), [0, 1])
  // the first of its block: the others have none
  t.strictSame(kept('1d1w', [0, 1, 2], 604_800, [0]), [0])
  t.strictSame(kept('0', [0, 1, 2], 604_800, [1]), [1])
  t.end()
})

void t.test('the order of the list counts, not that of the times', (t) => {
  t.strictSame(kept('1d1w', [20, 10, 30], 100), [20])
  t.strictSame(kept('1', [20, 10], 1e9), [10])
  t.end()
})

void t.test('parts of a second count for nothing', (t) => {
  t.strictSame(kept('1d1w', [0.9], 604_800.9), [0.9])
  t.strictSame(kept('1d1w', [0.9], 604_801.1), [])
  t.end()
})

void t.test('the snapshots themselves come back', (t) => {
  const list = [
    { created: 5, name: 'a' },
    { created: 5, name: 'b' },
  ]
  const { keep, destroy } = thin(list, parseSchedule('1d1w'), 10)
  t.equal(keep[0], list[0])
  t.equal(destroy[0], list[1])
  t.end()
})

void t.test('explainThin names everything that keeps a snapshot', (t) => {
  const schedule = parseSchedule('1,1d1w,1d1m,1w1y')
  const reasons = explainThin(
    at(0, 10, 8 * DAY, 8 * DAY + 1, 8 * DAY + 2),
    schedule,
    8 * DAY + 2,
    ({ created }) => created === 10,
  ).map(({ snapshot, reasons }) => [
    snapshot.created,
    reasons.map((why) => (why.kind === 'rule' ? why.rule.text : why.kind)),
  ])
  t.strictSame(reasons, [
    [0, ['1d1m', '1w1y']],
    [10, ['wanted']],
    [8 * DAY, ['1d1w', '1d1m', '1w1y']],
    [8 * DAY + 1, []],
    [8 * DAY + 2, ['last']],
  ])
  t.end()
})

void t.test('many snapshots', (t) => {
  const hours = Array.from({ length: 100_000 }, (_, i) => i * 3600)
  // quadratic work would not end
  t.equal(kept('1d100y', hours, 100_000 * 3600).length, 4167)
  t.equal(kept('99999', hours, 100_000 * 3600).length, 99_999)
  t.end()
})
