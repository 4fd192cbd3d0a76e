import t from 'tap'
import { printable } from '../src/report-error.js'

void t.test('what a terminal would act upon is shown', (t) => {
  for (const [text, shown] of [
    ['a\x1b[1m\x7f\x9b', 'a\\x1b[1m\\x7f\\x9b'],
    ['one\ntwo\tthree\r', 'one\ntwo\\x09three\\x0d'],
    ['backup\u202egnp.exe', 'backup\\u202egnp.exe'],
    ['\u061c\u200e\u200f', '\\u061c\\u200e\\u200f'],
    ['\u2066x\u2069\u2028\u2029', '\\u2066x\\u2069\\u2028\\u2029'],
    // letters of any direction, and what joins them
    ['größe 日本 שלום \u{1f600}\u200d', 'größe 日本 שלום \u{1f600}\u200d'],
  ] as const) {
    t.equal(printable(text), shown)
  }
  t.end()
})
