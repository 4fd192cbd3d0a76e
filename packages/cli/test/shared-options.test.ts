import { SEND_FLAGS } from '@z3/core'
import t from 'tap'
import { requestedFlags, sendOptions } from '../src/index.js'

void t.test('each flag has its option', (t) => {
  t.strictSame(requestedFlags({}), [])
  t.strictSame(requestedFlags({ raw: false, embed: true }), ['e'])
  for (const [name, { alias }] of Object.entries(sendOptions)) {
    t.strictSame(requestedFlags({ [name]: true }), [alias])
  }
  const all = { raw: true, 'large-block': true, embed: true, compressed: true }
  t.strictSame(requestedFlags(all), SEND_FLAGS)
  t.end()
})
