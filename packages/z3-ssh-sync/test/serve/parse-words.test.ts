import { quote, renderPipeline } from '@z3/pipeline'
import t from 'tap'
import { NotAllowed } from '../../src/serve/policy.js'
import { parseWords } from '../../src/serve/grammar.js'

void t.test('words, as they were quoted', (t) => {
  const words = ['a', '', ' ', "'", "''", "a'b", '$(x) `y` "z" \\ | ; & < >', '|']
  const commands = [
    { file: 'zfs', args: words },
    { file: 'if', args: ['A=b', '-x', '*?[~#!'] },
  ]
  t.strictSame(
    parseWords(renderPipeline(commands)),
    commands.map(({ file, args }) => [file, ...args]),
  )
  t.strictSame(parseWords('a   b  |  c'), [['a', 'b'], ['c']])
  for (let code = 0x20; code < 0x7f; code += 1) {
    const character = String.fromCharCode(code)
    t.strictSame(parseWords(`x ${quote(character)}`), [['x', character]])
  }
  t.end()
})

void t.test('nothing else', (t) => {
  const cases: readonly [text: string, why: RegExp][] = [
    ['', /empty/],
    [' ', /blank.* 1$/],
    [' a', /blank.* 1$/],
    ['a ', /it is truncated/],
    ['a |', /'\|' at character 3/],
    ['a | ', /it is truncated/],
    ['| a', /'\|'/],
    ['a || b', /'\|'/],
    ['a |& b', /'\|'/],
    ['a|b', /'\|'/],
    ['a |b', /'\|'/],
    ['a| b', /'\|'/],
    ['a;b', /';'/],
    ['a & b', /'&'/],
    ['a && b', /'&'/],
    ['a > b', /'>'/],
    ['a < b', /'<'/],
    ['a 2>b', /'>'/],
    ['(a)', /'\('/],
    ['{ a', /'\{'/],
    ['a {b,c}', /'\{'/],
    ['a $b', /'\$'/],
    ['a $(b)', /'\$'/],
    ['a `b`', /'`'/],
    ['a "b"', /'"'/],
    ['a b"c"', /'"'/],
    ['a \\b', /'\\'/],
    ['a b\\', /'\\'/],
    ["a '", /'''/],
    ["a 'b", /'''/],
    ["a 'b'c", /'c'/],
    ["a b'c'", /'''/],
    ["a 'b''c'", /'''/],
    ["a 'b'\\'", /'\\'/],
    ["a 'b'\\'c", /'\\'/],
    ["a 'b'\\''c", /'\\'/],
    ['a *', /'\*'/],
    ['a b?', /'\?'/],
    ['a [b]', /'\['/],
    ['a ~', /'~'/],
    ['a #b', /'#'/],
    ['a b#c', /'#'/],
    ['a !b', /'!'/],
    ['a ^b', /'\^'/],
    ['a\nb', /ASCII/],
    ["a 'b\nc'", /ASCII/],
    ['a\tb', /ASCII/],
    ['a\rb', /ASCII/],
    ["a '\0'", /ASCII/],
    ["a '\u001b[2J'", /ASCII/],
    ["a '\u007f'", /ASCII/],
    ["a 'ä'", /ASCII/],
    ['a\u00a0b', /ASCII/],
    ['a '.repeat(70_000) + 'a', /long/],
  ]
  for (const [text, why] of cases) {
    const shown = JSON.stringify(text.slice(0, 40))
    t.throws(() => parseWords(text), { message: why }, shown)
    t.throws(() => parseWords(text), NotAllowed, shown)
  }
  t.end()
})
