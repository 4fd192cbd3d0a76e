import t from 'tap'
import { mapTargets } from '../src/options/targets.js'

void t.test('where datasets go', (t) => {
  const at = (datasets: readonly string[], strip: number): object =>
    Object.fromEntries(mapTargets(datasets, 'b/x', strip))
  t.strictSame(at(['p', 'p/a', 'q/a/b'], 0), {
    p: 'b/x/p',
    'p/a': 'b/x/p/a',
    'q/a/b': 'b/x/q/a/b',
  })
  t.strictSame(at(['p', 'p/a/b'], 1), { p: 'b/x', 'p/a/b': 'b/x/a/b' })
  t.throws(() => at(['p/a', 'p'], 2), {
    code: 'usage',
    message: '--strip-path 2 exceeds p, which has 1 component',
  })
  t.throws(() => at(['p/a', 'q/a'], 1), {
    code: 'usage',
    message: 'p/a and q/a would both be received into b/x/a',
  })
  t.throws(() => at([`p/${'a'.repeat(250)}`], 0), { code: 'invalid-name' })
  t.end()
})
