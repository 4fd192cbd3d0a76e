import t from 'tap'
import { formatSize, humanSize, parseSize } from '../src/index.js'

void t.test('parseSize', (t) => {
  for (const [text, bytes] of [
    ['0', 0],
    ['5M', 5242880],
    ['5m', 5242880],
    ['1G', 1073741824],
    ['512k', 524288],
    ['2T', 2199023255552],
    ['123', 123],
  ] as const) {
    t.equal(parseSize(text), bytes, text)
  }
  for (const bad of ['', '10MB', '1.5G', '-1', ' 5M', '5 M', 'M', '1e3', '9999999T']) {
    t.throws(() => parseSize(bad), { code: 'invalid-size' }, `'${bad}'`)
  }
  t.end()
})

void t.test('formatSize is read back by parseSize', (t) => {
  for (const [bytes, text] of [
    [5242880, '5M'],
    [5637708, '5637708'],
    [1073741824, '1G'],
    [1536, '1536'],
    [0, '0'],
  ] as const) {
    t.equal(formatSize(bytes), text)
    t.equal(parseSize(formatSize(bytes)), bytes)
  }
  t.end()
})

void t.test('humanSize', (t) => {
  for (const [bytes, text] of [
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1K'],
    [1536, '1.50K'],
    [5242880, '5M'],
    [5637708, '5.38M'],
    [42058383, '40.1M'],
    [52428800000, '48.8G'],
    [200 * 1024 ** 3, '200G'],
    [200.6 * 1024 ** 3, '201G'],
    [1023.9 * 1024 ** 2, '1024M'],
    [3 * 1024 ** 4 + 1, '3.00T'],
  ] as const) {
    t.equal(humanSize(bytes), text)
  }
  t.end()
})
