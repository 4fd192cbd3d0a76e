import t from 'tap'
import { formatSendFlags, orderSendFlags, parseSendFlags, type SendFlag } from '../src/index.js'

void t.test('parseSendFlags', (t) => {
  for (const [text, flags] of [
    ['', []],
    ['w', ['w']],
    ['Lec', ['L', 'e', 'c']],
    ['cweL', ['w', 'L', 'e', 'c']],
  ] as const) {
    t.strictSame(parseSendFlags(text), flags, text)
  }
  for (const bad of ['W', '-w', 'ww', 'w L', 'wLecw', 'p', 'wé', 'l']) {
    t.throws(() => parseSendFlags(bad), { code: 'invalid-metadata' }, bad)
  }
  t.end()
})

void t.test('formatSendFlags is read back, in one order', (t) => {
  for (const [flags, text] of [
    [[], ''],
    [['c', 'w'], 'wc'],
    [['e', 'e', 'L'], 'Le'],
  ] as const satisfies readonly (readonly [readonly SendFlag[], string])[]) {
    t.equal(formatSendFlags(flags), text)
    t.strictSame(parseSendFlags(text), orderSendFlags(flags), text)
  }
  t.end()
})
