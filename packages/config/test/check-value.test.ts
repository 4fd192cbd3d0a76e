import t from 'tap'
import { checkValue } from '../src/values.js'
import { OPTIONS, type Option } from '../src/options.js'

const [option] = OPTIONS.filter(({ key }) => key === 'CONCURRENCY')
if (option === undefined) throw new Error('no such option')

t.same(checkValue(option, '4'), { value: 4 })
t.same(checkValue(option, '-4'), {
  what: "'-4' is not a number (allowed: an integer of at least 1)",
})

const bug = new TypeError('bug')
const broken: Option = {
  ...option,
  get type(): never {
    throw bug
  },
}
t.throws(() => checkValue(broken, '4'), bug, 'a bug is not a bad value')
