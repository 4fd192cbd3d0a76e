import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@z3/fixtures'
import t from 'tap'
import { bytesRead, Meter, type Reading } from '../../src/progress/meter.js'
import { createProgress } from '../../src/progress/progress.js'
import { fitLine, progressLine, totalOf } from '../../src/progress/progress-line.js'

const MIB = 1024 ** 2

const counter = () => bytesRead(process.pid)

const reading = (more: Partial<Reading> = {}): Reading => ({
  ...{ name: 'tank/data@daily-2026-11-30 (2/3)', done: 100 * MIB, size: 400 * MIB },
  ...{ rate: 10 * MIB, seconds: 10, share: 0.25 },
  ...more,
})

void t.test('a line of progress', (t) => {
  const name = 'x'
  for (const [given, line] of [
    [{}, 'x  100M of about 400M  25 %  10M/s  30s left  10s  all: 25 %'],
    [{ done: undefined, rate: undefined, seconds: 75, share: undefined }, 'x  1m 15s'],
    [{ done: 500 * MIB, share: 1 }, 'x  500M of about 400M  10M/s  10s  all: 100 %'],
    [{ size: undefined, seconds: 0, share: undefined }, 'x  100M  10M/s  0s'],
    [{ isExact: true, share: undefined }, 'x  100M of 400M  25 %  10M/s  30s left  10s'],
    [
      { size: undefined, share: undefined, note: '90M uploaded' },
      'x  100M  10M/s  10s  90M uploaded',
    ],
    [{ seconds: 2, share: undefined }, 'x  100M of about 400M  25 %  10M/s  2s'],
    [{ size: 0, done: 0, rate: 0, share: undefined }, 'x  0B of about 0B  0B/s  10s'],
  ] as const) {
    t.equal(progressLine(reading({ name, ...given })), line)
  }
  t.end()
})

void t.test('a line fits', (t) => {
  t.equal(
    fitLine(reading(), 80, '…'),
    'tank/data@…1-30 (2/3)  100M of about 400M  25 %  10M/s  30s left  10s  all: 25 %',
  )
  t.equal(fitLine(reading(), 40, '...'), 'tank/...2/3)  100M of about 400M  25 %  ')
  for (const width of [1, 5, 20, 40, 79, 200]) {
    t.ok(fitLine(reading(), width, '…').length <= width)
  }
  t.end()
})

void t.test('the total', (t) => {
  const { name, done, size, rate } = totalOf([reading(), reading({ seconds: 5 })])
  t.strictSame([name, done, size, rate], ['total of 2', 200 * MIB, 800 * MIB, 20 * MIB])
  const unknown = totalOf([reading(), reading({ size: undefined, done: undefined })])
  t.strictSame([unknown.done, unknown.size], [undefined, undefined], 'unknown is not 0')
  t.end()
})

void t.test('the rate is that of the last seconds', (t) => {
  const meter = new Meter({ name: 'x', counter: undefined, size: 5, shareAt: () => undefined }, 0)
  t.strictSame(meter.read(2000), {
    ...{ name: 'x', done: undefined, size: 5, rate: undefined, seconds: 2, share: undefined },
    ...{ isExact: undefined, note: undefined },
  })
  meter.note(1000, 1000)
  t.equal(meter.read(1000).rate, 1000)
  for (let at = 2000; at <= 60_000; at += 1000) meter.note(1000, at)
  t.equal(meter.read(60_000).rate, 0)
  const rare = new Meter({ name: 'x', counter: undefined, size: 5, shareAt: () => undefined }, 0)
  rare.note(6000, 60_000)
  rare.note(18_000, 120_000)
  t.equal(rare.read(120_000).rate, 200)
  t.end()
})

/** Lines of a terminal, as they were last shown. */
const terminal = (lines = 23) => {
  let shown: readonly string[] = []
  return {
    shown: () => shown,
    output: {
      kind: 'live' as const,
      ellipsis: '…',
      lines: {
        room: { width: 79, lines },
        show: (now: readonly string[]) => {
          shown = now
        },
      },
    },
  }
}

void t.test('several transfers share a terminal', (t) => {
  const { output, shown } = terminal()
  const one = createProgress([50 * MIB, 100 * MIB], [output])
  const other = createProgress(undefined, [output])
  one.begin('tank/a@1', counter, 50 * MIB)
  t.match(shown(), [/^tank\/a@1 \(1\/2\) {2}0s$/])
  other.begin('tank/b@1', undefined, undefined)
  t.match(shown(), [/^tank\/a@1 \(1\/2\)/, /^tank\/b@1 {2}/, /^total of 2 {2}/])
  t.equal(shown().length, 3)
  one.end()
  one.begin('tank/a@2', counter, 100 * MIB)
  t.match(shown(), [/^tank\/b@1 {2}/, /^tank\/a@2 \(2\/2\)/, /^total/])
  other.end()
  t.match(shown(), [/^tank\/a@2/])
  t.equal(shown().length, 1)
  one.end()
  one.end()
  t.strictSame(shown(), [])

  const low = terminal(2)
  const many = ['a', 'b', 'c'].map((name) => {
    const progress = createProgress(undefined, [low.output])
    progress.begin(name, undefined, undefined)
    return progress
  })
  t.match(low.shown(), [/^a {2}/, /^total of 3 {2}/])
  for (const progress of many) progress.end()
  t.end()
})

void t.test('plain lines: at the start, and then now and then', async (t) => {
  const lines: string[] = []
  const output = { kind: 'plain' as const, print: (line: string) => lines.push(line) }
  const rare = createProgress([5], [output])
  rare.begin('tank@a', counter, 5)
  t.strictSame(lines, ['tank@a (1/1)  0s'])
  rare.end()
  const skip = process.platform !== 'linux' && 'bytes are known on Linux alone'
  await t.test('with figures', { skip }, async () => {
    const often = createProgress(undefined, [output], 20)
    often.begin('tank@b', counter, 7 * MIB)
    await until('the size is shown', () =>
      lines.some((line) => /^tank@b {2}.*of about 7M/.test(line)),
    )
    often.end()
    const { length } = lines
    await sleep(60)
    t.equal(lines.length, length, 'nothing after the end')
  })
})
