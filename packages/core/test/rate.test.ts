import t from 'tap'
import { divideRate, formatRate, parseRate, rateAt } from '../src/index.js'

const MIB = 2 ** 20

/** At a local time; tests run in any time zone. */
const at = (time: string): Date => new Date(`2026-11-28T${time}:00`)

void t.test('limits', (t) => {
  t.strictSame(parseRate('20M'), { windows: [], otherwise: 20 * MIB })
  t.strictSame(parseRate('none'), { windows: [], otherwise: undefined })
  t.strictSame(parseRate('08:00-18:00 2M, 20M'), {
    windows: [{ from: 480, to: 1080, rate: 2 * MIB }],
    otherwise: 20 * MIB,
  })
  t.strictSame(parseRate('22:30-06:00 none,  12:00-24:00 1K'), {
    windows: [
      { from: 1350, to: 360, rate: undefined },
      { from: 720, to: 1440, rate: 1024 },
    ],
    otherwise: undefined,
  })
  for (const bad of [
    '',
    '0',
    '1',
    '-5M',
    '2X',
    '20M,',
    ',20M',
    '20M, 08:00-18:00 2M',
    '8:00-18:00 2M',
    '08:00-18:00',
    '08:00-18:60 2M',
    '24:00-06:00 2M',
    '08:00-24:30 2M',
    '08:00-08:00 2M',
    '08:00-18:00 2M 3M',
    'mon 2M',
  ]) {
    t.throws(() => parseRate(bad), { code: 'config' }, bad)
  }
  t.end()
})

void t.test('the limit at a time', (t) => {
  const cases: readonly (readonly [string, string, number | undefined])[] = [
    ['08:00-18:00 2M, 20M', '07:59', 20 * MIB],
    ['08:00-18:00 2M, 20M', '08:00', 2 * MIB],
    ['08:00-18:00 2M, 20M', '17:59', 2 * MIB],
    ['08:00-18:00 2M, 20M', '18:00', 20 * MIB],
    ['08:00-18:00 2M', '18:00', undefined],
    // across midnight
    ['22:00-06:00 20M, 2M', '21:59', 2 * MIB],
    ['22:00-06:00 20M, 2M', '22:00', 20 * MIB],
    ['22:00-06:00 20M, 2M', '00:00', 20 * MIB],
    ['22:00-06:00 20M, 2M', '05:59', 20 * MIB],
    ['22:00-06:00 20M, 2M', '06:00', 2 * MIB],
    ['22:00-00:00 20M, 2M', '23:59', 20 * MIB],
    ['22:00-24:00 20M, 2M', '00:00', 2 * MIB],
    // the first one counts
    ['12:00-13:00 none, 08:00-18:00 2M, 20M', '12:30', undefined],
    ['12:00-13:00 none, 08:00-18:00 2M, 20M', '13:00', 2 * MIB],
  ]
  for (const [text, time, rate] of cases) {
    t.equal(rateAt(parseRate(text), at(time)), rate, `${text} at ${time}`)
  }
  t.end()
})

void t.test('shares', (t) => {
  const shared = divideRate(parseRate('08:00-18:00 2M, 12:00-13:00 none, 20M'), 4)
  t.equal(formatRate(shared), '08:00-18:00 524288, 12:00-13:00 none, 5242880')
  t.strictSame(parseRate(formatRate(shared)), shared)
  t.equal(formatRate(divideRate(parseRate('2K'), 4)), '1024', 'at least 1K')
  t.equal(formatRate(parseRate('none')), 'none')
  t.equal(formatRate(parseRate('22:00-24:00 1M')), '22:00-24:00 1048576')
  t.end()
})
