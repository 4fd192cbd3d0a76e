import { testIo } from '@z3/fixtures'
import t from 'tap'
import { displayOf } from '../../src/terminal/display.js'

type Env = Readonly<Record<string, string>>

void t.test('the width: of the terminal, of COLUMNS, or 80', (t) => {
  const width = (columns: number | undefined, env: Env = {}, terminals = [1]) =>
    displayOf(testIo(env, terminals, columns), 1).width
  t.equal(width(132), 132)
  t.equal(width(40, { COLUMNS: '100' }), 40)
  t.equal(width(0), 80, 'a terminal that does not know it')
  t.equal(width(0, { COLUMNS: '100' }), 100)
  t.equal(width(120, {}, []), 80, 'no terminal')
  for (const COLUMNS of ['', 'x', '-5', '0', '1e999']) t.equal(width(undefined, { COLUMNS }), 80)
  t.end()
})

void t.test('colour', (t) => {
  const hasColor = (env: Env, terminals: readonly number[], color?: string) =>
    displayOf(testIo(env, terminals), 1, color).hasColor
  const xterm = { TERM: 'xterm' }
  t.equal(hasColor(xterm, [1]), true)
  t.equal(hasColor(xterm, [2]), false)
  t.equal(hasColor({ TERM: 'dumb' }, [1]), false)
  t.equal(hasColor({}, [1]), false)
  t.equal(hasColor({ ...xterm, NO_COLOR: '1' }, [1]), false)
  t.equal(hasColor({ ...xterm, NO_COLOR: '' }, [1]), true, 'an empty NO_COLOR does not count')
  t.equal(hasColor(xterm, [1], 'never'), false)
  t.equal(hasColor({ TERM: 'dumb', NO_COLOR: '1' }, [], 'always'), true)
  t.end()
})

void t.test('what stands for a cut', (t) => {
  const ellipsis = (env: Env) => displayOf(testIo(env), 1).ellipsis
  t.equal(ellipsis({ LANG: 'de_DE.UTF-8' }), '…')
  t.equal(ellipsis({ LC_ALL: 'C.utf8', LANG: 'C' }), '…')
  t.equal(ellipsis({ LC_ALL: '', LC_CTYPE: 'C', LANG: 'de_DE.UTF-8' }), '...')
  t.equal(ellipsis({ LANG: 'C' }), '...')
  t.equal(ellipsis({}), '...')
  t.end()
})
