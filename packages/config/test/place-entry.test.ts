import t from 'tap'
import { placeEntry } from '../src/place-entry.js'

const keys = { names: ['BUCKET'], keyOf: () => undefined, otherwise: '' }
for (const [name, shown] of [
  ['BUKET', "key 'BUKET' in [main] (did you mean BUCKET?)"],
  ['OTHER', "key 'OTHER' in [main]"],
  ['wJalrXUtnFEMI/K7MDENG/bPx', 'key in [main]'],
  ['a'.repeat(40), 'key in [main]'],
  ['', 'key in [main]'],
] as const) {
  const { what } = placeEntry(keys, 'main', { name, text: 'x', line: 1 }, new Map(), '/z3.conf')
  t.equal(what, `unknown ${shown}`, 'what could be a secret is not shown')
}
