import t from 'tap'
import { parseIni } from '../src/parse-ini.js'

const UNKNOWN =
  'invalid line (allowed: [section], KEY = value, or a comment line that starts with # or ;)'
const INDENTED =
  'indented further than the line above it (a value is one line; keys of a section are indented alike)'
const OUTSIDE = 'a key outside any section (write [main] above it)'

/** The value that a line gives to K in [main]. */
function valueOf(line: string): unknown {
  const { sections, problems } = parseIni(`[main]\n${line}\n`)
  t.same(problems, [], line)
  return sections[0]?.entries.find(({ name }) => name === 'K')?.text
}

void t.test('values are kept byte for byte', (t) => {
  const values = [
    'a%b%(HOST)s%%',
    'a ; b # c',
    ';a',
    '#a',
    '"quoted"',
    "'quoted'",
    `"`,
    'a=b==',
    'a:b',
    'true',
    'null',
    '0123',
    '1e3',
    '[main]',
    'a\\nb\\\\',
    'zfs-auto-snap:daily',
    'é€\u{1f600}',
    'a  b\tc',
    '__proto__',
    '',
  ]
  for (const value of values) {
    t.equal(valueOf(`K=${value}`), value, `K=${value}`)
    t.equal(valueOf(`K = ${value}  `), value, `K = ${value}`)
    t.equal(valueOf(`K: ${value}`), value, `K: ${value}`)
    t.equal(valueOf(`K : ${value}`), value, `K : ${value}`)
  }
  t.end()
})

void t.test('sections, lines, comments', (t) => {
  const text = [
    '\uFEFF# comment',
    '',
    '[main]',
    '  a = 1',
    '  ; comment',
    '  b = 2',
    ' c = 3',
    '[fs:tank/a.b]',
    '    d = 4',
    '[fs:tank/a.b]',
    'd = 5',
  ]
  const expected = {
    problems: [],
    sections: [
      {
        name: 'main',
        line: 3,
        entries: [
          { name: 'a', text: '1', line: 4 },
          { name: 'b', text: '2', line: 6 },
          { name: 'c', text: '3', line: 7 },
        ],
      },
      {
        name: 'fs:tank/a.b',
        line: 8,
        entries: [{ name: 'd', text: '4', line: 9 }],
      },
      {
        name: 'fs:tank/a.b',
        line: 10,
        entries: [{ name: 'd', text: '5', line: 11 }],
      },
    ],
  }
  for (const end of ['\n', '\r\n', '\r']) {
    t.same(parseIni(text.join(end)), expected, JSON.stringify(end))
  }
  t.same(parseIni(''), { sections: [], problems: [] })
  t.end()
})

const bad: readonly [string, string, [number, string][]][] = [
  [
    'no section',
    'K = 1\nL = 2',
    [
      [1, OUTSIDE],
      [2, OUTSIDE],
    ].map(pair),
  ],
  ['a bare word', '[main]\nword', [[2, UNKNOWN]]],
  ['a bare secret', '[main]\nS = a\nb', [[3, UNKNOWN]]],
  ['a continued value', '[main]\nS = a\n  b', [[3, INDENTED]]],
  ['a continued value with =', '[main]\nS = a\n\n  b==', [[4, INDENTED]]],
  ['an indented section', '[main]\nS = a\n [fs:x]', [[3, INDENTED]]],
  [
    'an open section',
    '[main\n[main] # x',
    [
      [1, UNKNOWN],
      [2, UNKNOWN],
    ].map(pair),
  ],
  ['an empty section', '[]', [[1, UNKNOWN]]],
  [
    'an empty key',
    '[main]\n= 1\n: 2',
    [
      [2, UNKNOWN],
      [3, UNKNOWN],
    ].map(pair),
  ],
  [
    'what the library swallows',
    '[__proto__]\n__proto__ = 1',
    [
      [1, UNKNOWN],
      [2, UNKNOWN],
    ].map(pair),
  ],
]
function pair([line, what]: (string | number)[]): [number, string] {
  return [Number(line), String(what)]
}
for (const [name, text, problems] of bad) {
  t.same(
    parseIni(text).problems,
    problems.map(([line, what]) => ({ line, what })),
    name,
  )
}

t.same(
  parseIni('[main]\nA = 1\n  [fs:x]\nB = 2').sections.map((s) => s.name),
  ['main', 'fs:x'],
  'what follows an indented section is not taken for main',
)
