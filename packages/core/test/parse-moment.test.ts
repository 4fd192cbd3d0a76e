import t from 'tap'
import { parseMoment } from '../src/parse-moment.js'

const NOW = new Date('2026-11-29T12:00:00Z')

const at = (text: string): string => parseMoment('--as-of', text)(NOW).toISOString()

void t.test('times and ages', (t) => {
  const before = process.env['TZ']
  process.env['TZ'] = 'Asia/Tokyo'
  t.teardown(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })
  const cases: readonly (readonly [string, string])[] = [
    ['2026-11-28', '2026-11-27T15:00:00.000Z'],
    ['2026-11-28 14:30', '2026-11-28T05:30:00.000Z'],
    ['2026-11-28 14:30:15', '2026-11-28T05:30:15.000Z'],
    ['2026-11-28T14:30', '2026-11-28T05:30:00.000Z'],
    ['2026-11-28T14:30:00Z', '2026-11-28T14:30:00.000Z'],
    ['2026-11-28 14:30+01:00', '2026-11-28T13:30:00.000Z'],
    ['2026-11-28T14:30:00.123-0500', '2026-11-28T19:30:00.123Z'],
    ['2024-02-29', '2024-02-28T15:00:00.000Z'],
    ['0s', '2026-11-29T12:00:00.000Z'],
    ['90min', '2026-11-29T10:30:00.000Z'],
    ['12h', '2026-11-29T00:00:00.000Z'],
    ['3d', '2026-11-26T12:00:00.000Z'],
    ['2w', '2026-11-15T12:00:00.000Z'],
    ['1y', '2025-11-29T06:00:00.000Z'],
  ]
  for (const [text, expected] of cases) t.equal(at(text), expected, text)
  t.end()
})

void t.test('what is not a time', (t) => {
  const wrong = [
    '',
    'yesterday',
    '2026',
    '2026-11',
    '2026-02-30',
    '2026-13-01',
    '2026-11-28 25:00',
    '2026-11-28Z',
    '2026-11-28 14',
    '28.11.2026',
    '3',
    'd',
    '-3d',
    '1.5h',
    '3 d',
    '200y',
    '1'.repeat(30) + 's',
  ]
  for (const text of wrong) {
    t.throws(() => parseMoment('--as-of', text), { code: 'usage', message: /^--as-of/ }, text)
  }
  // a month in schedules, a minute in time-outs
  t.throws(() => parseMoment('--as-of', '5m'), { code: 'usage' })
  t.end()
})

void t.test('the future, by the clock that decides', (t) => {
  const late = parseMoment('--as-of', '2026-11-29T12:00:01Z')
  t.throws(() => late(NOW), {
    code: 'usage',
    message: /2026-11-29T12:00:01.000Z is in the future: the server has 2026-11-29T12:00:00.000Z/,
  })
  t.equal(late(new Date('2026-11-29T12:00:01Z')).toISOString(), '2026-11-29T12:00:01.000Z')
  t.end()
})
