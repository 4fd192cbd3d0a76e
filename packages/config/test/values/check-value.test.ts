import t from 'tap'
import { optionOf } from '../../src/options.js'
import { checked } from '../../src/problem.js'
import { checkValue } from '../../src/values/value-types.js'

const option = optionOf('CONCURRENCY')
t.same(checkValue(option, '4'), { value: 4 })
t.same(checkValue(option, '-4'), {
  what: "'-4' is not a number (allowed: an integer of at least 1)",
})

const bug = new TypeError('bug')
t.throws(
  () =>
    checked(() => {
      throw bug
    }),
  bug,
  'a bug is not a bad value',
)
