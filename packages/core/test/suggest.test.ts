import t from 'tap'
import { nearest, suggest } from '../src/suggest.js'

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

const DAYS = ['d-2024-01-01', 'd-2024-01-02', 'd-2024-01-12', 'weekly', 'D-2']
for (const [word, count, expected] of [
  ['d-2024-01-03', 9, ['d-2024-01-01', 'd-2024-01-02', 'd-2024-01-12']],
  ['d-2024-01-22', 2, ['d-2024-01-02', 'd-2024-01-12']],
  ['d-2024-01-03', 0, []],
  ['d-3', 9, ['D-2']],
  ['', 9, []],
] as const) {
  t.strictSame(nearest(word, DAYS, count), expected, `nearest ${word}`)
}
