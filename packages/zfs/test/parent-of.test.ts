import t from 'tap'
import { parentOf } from '../src/allow.js'

t.equal(parentOf('tank'), undefined)
t.equal(parentOf('tank/a'), 'tank')
t.equal(parentOf('tank/a/with space'), 'tank/a')
