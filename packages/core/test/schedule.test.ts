import t from 'tap'
import {
  DEFAULT_SCHEDULE,
  describeSchedule,
  parseAge,
  parseSchedule,
  Z3Error,
} from '../src/index.js'

const rulesOf = (text: string) =>
  parseSchedule(text).rules.map(({ text: rule, period, ttl }) => [rule, period, ttl])

void t.test('units', (t) => {
  t.strictSame(rulesOf('1s1min,1h1d,1w1m,1m1y'), [
    ['1s1min', 1, 60],
    ['1h1d', 3600, 86_400],
    ['1w1m', 604_800, 2_592_000],
    ['1m1y', 2_592_000, 31_557_600],
  ])
  t.strictSame(rulesOf('90MIN2D'), [['90min2d', 5400, 172_800]])
  t.end()
})

void t.test('parts', (t) => {
  for (const [text, alwaysKeep, rules] of [
    ['', 0, 0],
    ['  ', 0, 0],
    ['0', 0, 0],
    ['000', 0, 0],
    ['10', 10, 0],
    ['1d1w', 0, 1],
    ['1d1d', 0, 1],
    [' 10 , 1d1w\t,\n1w1m ', 10, 2],
    // the order does not matter, and what one part keeps no other lets go
    ['10,1d1w,3', 10, 1],
    ['3,1d1w,10', 10, 1],
    ['9007199254740991', Number.MAX_SAFE_INTEGER, 0],
    ['1s9007199254740991s', 0, 1],
  ] as const) {
    const schedule = parseSchedule(text)
    t.equal(schedule.alwaysKeep, alwaysKeep, `'${text}'`)
    t.equal(schedule.rules.length, rules, `'${text}'`)
  }
  t.end()
})

void t.test('what is no schedule', (t) => {
  for (const [text, message] of [
    [',', "schedule ',': part 1 is empty"],
    ['10,', "schedule '10,': part 2 is empty"],
    ['10,,1d1w', "schedule '10,,1d1w': part 2 is empty"],
    ['1d1w,-1', "schedule '1d1w,-1': part 2, '-1', is negative"],
    ['-0', "schedule '-0': part 1, '-0', is negative"],
    ['9007199254740992', "schedule '9007199254740992': part 1, '9007199254740992', is too large"],
    ['1d1w1m', "schedule '1d1w1m': part 1, '1d1w1m', has text after its rule: '1m'"],
    ['1d1w!', "schedule '1d1w!': part 1, '1d1w!', has text after its rule: '!'"],
    ['1d1w 1w1m', "schedule '1d1w 1w1m': part 1, '1d1w 1w1m', has text after its rule: ' 1w1m'"],
    ['0s0s', "schedule '0s0s': part 1, '0s0s', has an interval of 0"],
    ['0d1w', "schedule '0d1w': part 1, '0d1w', has an interval of 0"],
    [
      '1y12m',
      "schedule '1y12m': part 1, '1y12m', has an interval (1 year) longer than its time to live (12 months)",
    ],
    [
      '1y365d',
      "schedule '1y365d': part 1, '1y365d', has an interval (1 year) longer than its time to live (365 days)",
    ],
    [
      '1d0w',
      "schedule '1d0w': part 1, '1d0w', has an interval (1 day) longer than its time to live (0 weeks)",
    ],
    ['1d1q', "schedule '1d1q': part 1, '1d1q': unknown unit 'q' (allowed: s, min, h, d, w, m, y)"],
    [
      '1day1w',
      "schedule '1day1w': part 1, '1day1w': unknown unit 'day' (allowed: s, min, h, d, w, m, y)",
    ],
    ['1d', "schedule '1d': part 1, '1d', has an interval, but no time to live"],
    ['1d1', "schedule '1d1': part 1, '1d1', has no time to live with a unit"],
    ['1d-1w', "schedule '1d-1w': part 1, '1d-1w', has no time to live with a unit"],
    ['1.5d1w', "schedule '1.5d1w': part 1, '1.5d1w', is neither a number nor a rule"],
    ['d1w', "schedule 'd1w': part 1, 'd1w', is neither a number nor a rule"],
    ['+5', "schedule '+5': part 1, '+5', is neither a number nor a rule"],
    ['1d300000000y', "schedule '1d300000000y': part 1, '1d300000000y': '300000000' is too large"],
  ] as const) {
    t.throws(() => parseSchedule(text), { code: 'usage', message }, text)
  }
  t.throws(() => parseSchedule('x', '--keep-source'), {
    message: /^--keep-source 'x': part 1, /,
    hint: /10,1d1w,1w1m,1m1y\.$/,
  })
  t.end()
})

void t.test('hostile texts are errors of ours, and short ones', (t) => {
  const many = 100_000
  for (const text of [
    '1'.repeat(many),
    `-${'1'.repeat(many)}`,
    'd'.repeat(many),
    `1d${'1'.repeat(many)}w`,
    `${'1'.repeat(many)}d1w`,
    `1${'d'.repeat(many)}1w`,
    '1d1w'.repeat(many),
    ','.repeat(many),
    `1d1w${' '.repeat(many)}x`,
    '1e5',
    '0x10',
    '\u0661d1w', // a digit, but none of ours
    '1\u212A1w', // the Kelvin sign, which becomes a k
    'NaN',
    'Infinity',
    '__proto__',
    '1constructor1w',
    '\0',
  ]) {
    const shown = JSON.stringify(text.slice(0, 20))
    for (const read of [parseSchedule, parseAge]) {
      try {
        read(text)
        t.fail(`${shown} was taken`)
      } catch (error) {
        t.ok(error instanceof Z3Error, `${shown}: an error of ours`)
        t.ok(error instanceof Error && error.message.length < 400, shown)
      }
    }
  }
  t.end()
})

void t.test('describeSchedule', (t) => {
  for (const [text, lines] of [
    [
      DEFAULT_SCHEDULE,
      [
        'Keep the last 10 snapshots.',
        'Keep every 1 day, delete after 1 week.',
        'Keep every 1 week, delete after 1 month.',
        'Keep every 1 month, delete after 1 year.',
      ],
    ],
    ['1', ['Keep the last 1 snapshot.']],
    ['2d14d', ['Keep every 2 days, delete after 14 days.']],
    ['1s1min', ['Keep every 1 second, delete after 1 minute.']],
    [
      '30min6h,1d1w,4',
      [
        'Keep the last 4 snapshots.',
        'Keep every 30 minutes, delete after 6 hours.',
        'Keep every 1 day, delete after 1 week.',
      ],
    ],
    ['0', ['Keep no old snapshots.']],
    ['', ['Keep no old snapshots.']],
    ['0,1d1w', ['Keep every 1 day, delete after 1 week.']],
  ] as const) {
    t.strictSame(describeSchedule(parseSchedule(text)), lines, `'${text}'`)
  }
  t.end()
})

void t.test('parseAge', (t) => {
  for (const [text, seconds] of [
    ['30d', 2_592_000],
    ['1M', 2_592_000],
    [' 1y ', 31_557_600],
    ['0d', 0],
    ['90s', 90],
    ['5min', 300],
  ] as const) {
    t.equal(parseAge(text), seconds, `'${text}'`)
  }
  for (const [text, message] of [
    ['', "age '': not a duration (allowed: a number and one of s, min, h, d, w, m, y)"],
    ['30', /^age '30': not a duration/],
    ['30 d', /^age '30 d': not a duration/],
    ['-1d', /^age '-1d': not a duration/],
    ['1d1w', /^age '1d1w': not a duration/],
    ['1.5d', /^age '1.5d': not a duration/],
    ['3x', "age '3x': unknown unit 'x' (allowed: s, min, h, d, w, m, y)"],
    ['999999999y', "age '999999999y': '999999999' is too large"],
  ] as const) {
    t.throws(() => parseAge(text), { code: 'usage', message }, `'${text}'`)
  }
  t.throws(() => parseAge('x', '--destroy-missing'), {
    message: /^--destroy-missing 'x': /,
  })
  t.end()
})
