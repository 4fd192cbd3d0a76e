import t from 'tap'
import { suggest } from '../src/suggest.js'

const NAMES = ['BUCKET', 'MAX_RETRIES', 'MAX_MEMORY', 'HOST']
const cases: readonly [string, string | undefined][] = [
  ['BUKET', 'BUCKET'],
  ['bucketS', 'BUCKET'],
  ['MAX_RETRY', 'MAX_RETRIES'],
  ['MAX_MEM', 'MAX_MEMORY'],
  ['HOTS', undefined],
  ['HSOT2', undefined],
  ['PORT', undefined],
  ['', undefined],
]
for (const [word, expected] of cases) {
  t.equal(suggest(word, NAMES), expected, word)
}
