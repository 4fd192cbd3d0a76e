import t from 'tap'
import { readSendFlags } from '../src/options/options.js'

void t.test('flags of zfs send, by hand', (t) => {
  t.equal(readSendFlags(undefined), undefined)
  t.strictSame(readSendFlags('none'), [])
  t.strictSame(readSendFlags('cL'), ['L', 'c'])
  for (const text of ['w', 'LL', '', 'x', 'L e']) {
    t.throws(() => readSendFlags(text), { code: 'usage' }, text)
  }
  t.end()
})
