import t from 'tap'
import { durationFlag } from '../src/flags/flag-values.js'

for (const [text, seconds] of [
  ['0s', 0],
  ['90s', 90],
  ['30m', 1800],
  ['24h', 86_400],
  ['26h', 93_600],
  ['1.5h', 5400],
  ['7d', 604_800],
  ['2w', 1_209_600],
] as const) {
  t.equal(durationFlag('--max-age', text), seconds, text)
}

const long = `${'9'.repeat(200)}h`
for (const text of [
  ...['', '24', '24.', '.5h', 'h', '-1h', '+1h', '1e3s', '1,5h'],
  ...['24 h', ' 24h', '24h\n', '1h30m', '10ms', '1y', '2min', '24H', 'NaNs'],
  ...['Infinityh', long],
]) {
  t.throws(
    () => durationFlag('--older-than', text),
    {
      code: 'usage',
      message: `--older-than: '${text}' is not a duration (allowed: a number and s, m, h, d or w, for seconds to weeks: 90s, 24h, 7d)`,
      hint: 'Write the number and its unit without a space.',
    },
    JSON.stringify(text),
  )
}
