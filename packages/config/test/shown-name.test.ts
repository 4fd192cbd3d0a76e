import t from 'tap'
import { shownName } from '../src/shown-name.js'

t.equal(shownName('BUKET'), "key 'BUKET'")
t.equal(shownName('wJalrXUtnFEMI/K7MDENG/bPx'), 'key')
t.equal(shownName('a'.repeat(40)), 'key')
t.equal(shownName(''), 'key')
