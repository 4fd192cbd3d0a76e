import t from 'tap'
import {
  drillKey,
  indexKey,
  manifestKey,
  parseBeside,
  recordKey,
  recordKeys,
} from '../src/index.js'

void t.test('every key that is made is read', (t) => {
  // names that look like the ends of keys, a twin, one with blanks
  for (const name of ['tank/a@d', 'tank/a@d.json', 'a@b.verified-data', 'a@x.full', 'a b@c d']) {
    for (const prefix of ['z3-backup/', '', 'p/.z3/']) {
      t.strictSame(parseBeside(prefix, manifestKey(prefix, name)), { kind: 'manifest', name })
      for (const level of ['data', 'stream'] as const) {
        const found = parseBeside(prefix, recordKey(prefix, name, level))
        t.strictSame(found, { kind: 'verified', name, level })
      }
      const keys = [manifestKey(prefix, name), ...recordKeys(prefix, name)]
      t.equal(new Set(keys).size, 3)
    }
  }
  const drilled = parseBeside('p/', drillKey('p/', 'tank/a'))
  t.strictSame(drilled, { kind: 'drilled', dataset: 'tank/a' })
  const index = parseBeside('p/', indexKey('p/', 'tank/a'))
  t.strictSame(index, { kind: 'index', dataset: 'tank/a' })
  t.end()
})

void t.test('no other key is', (t) => {
  for (const key of [
    'p/.z3/',
    'p/.z3/tank/a@',
    'p/.z3/tank/a@d',
    'p/.z3/tank/a@d.txt',
    'p/.z3/tank/a@.json',
    'p/.z3/tank/a@d.drilled',
    'p/.z3/tank/a@d.index',
    'p/.z3/@.index',
    'p/.z3/tank/a@d@e.json',
    'p/.z3/tank/a@d.verified-head',
    'p/.z3/@.drilled',
    'p/.z3/tank/a.json',
    'p/tank/a@d.json',
    'q/.z3/tank/a@d.json',
  ]) {
    t.equal(parseBeside('p/', key), undefined, key)
  }
  t.end()
})
