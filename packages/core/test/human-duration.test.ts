import t from 'tap'
import { humanDuration } from '../src/index.js'

void t.test('two units, never less than a second', (t) => {
  for (const [seconds, text] of [
    [0, '0s'],
    [0.4, '0s'],
    [-3, '0s'],
    [59.6, '1m'],
    [90, '1m 30s'],
    [86_400 + 3_600 + 60, '1d 1h'],
  ] as const) {
    t.equal(humanDuration(seconds), text)
  }
  t.end()
})
