import t from 'tap'
import { parseYaml } from '../src/parse-yaml.js'

const main = (...entries: [string, string, number][]) => ({
  problems: [],
  sections: [
    {
      name: 'main',
      line: 1,
      entries: entries.map(([name, text, line]) => ({ name, text, line })),
    },
  ],
})

void t.test('values as written', (t) => {
  const text = `main:
  A: 0123
  B: true
  C: zfs-auto-snap:daily
  D: "a ; # %b \\"q\\""
  E: ''
  1: x
  A: 1e3
`
  t.same(
    parseYaml(text),
    main(
      ['A', '0123', 2],
      ['B', 'true', 3],
      ['C', 'zfs-auto-snap:daily', 4],
      ['D', 'a ; # %b "q"', 5],
      ['E', '', 6],
      ['1', 'x', 7],
      ['A', '1e3', 8],
    ),
  )
  t.end()
})

void t.test('json', (t) => {
  const text = '\uFEFF{\n\t"main": {\n\t\t"A": "x\\u0041",\n\t\t"B": 8\n\t}\n}\n'
  t.same(parseYaml(text), {
    problems: [],
    sections: [
      {
        name: 'main',
        line: 2,
        entries: [
          { name: 'A', text: 'xA', line: 3 },
          { name: 'B', text: '8', line: 4 },
        ],
      },
    ],
  })
  t.end()
})

void t.test('a list of words', (t) => {
  const { sections, problems } = parseYaml('main:\n  A: [b c, "", 007, true]\n  B:\n  - "x"\n')
  t.same(problems, [])
  t.same(sections[0]?.entries, [
    { name: 'A', text: ['b c', '', '007', 'true'], line: 2 },
    { name: 'B', text: ['x'], line: 3 },
  ])
  t.end()
})

void t.test('nothing in it', (t) => {
  for (const text of ['', '# comment\n', '{}', 'null']) {
    t.same(parseYaml(text), { sections: [], problems: [] }, text)
  }
  t.same(parseYaml('main:\n'), main(), 'an empty section')
  t.end()
})

const VALUE = "the value of 'A' is not a single word, number or string"
const SECTION = 'not a section (put keys under main:, fs:DATASET: or compressor:NAME:)'
const bad: readonly [string, string, number, string][] = [
  ['no value', 'main:\n  A:\n', 2, "'A' has no value"],
  ['null', '{"main": {\n"A": null}}', 2, "'A' has no value"],
  ['a list of lists', 'main:\n  A: [[1]]\n', 2, VALUE],
  ['a list with null', 'main:\n  A: [b, null, c]\n', 2, VALUE],
  ['a list with an alias', 'main:\n  B: &x 1\n  A: [*x]\n', 3, VALUE],
  ['a list with a tag', 'main:\n  A: !!seq [1]\n', 2, VALUE],
  ['a map', 'main:\n  A: {b: 1}\n', 2, VALUE],
  ['an alias', 'main:\n  B: &x 1\n  A: *x\n', 3, VALUE],
  ['a tag', 'main:\n  A: !!binary aGk=\n', 2, VALUE],
  ['a key outside', 'main: {}\nBUCKET: abc\n', 2, SECTION],
  ['a list of sections', 'main: [A]\n', 1, SECTION],
  ['no mapping', 'word\n', 1, 'not a mapping of sections'],
  ['a list', '- a\n', 1, 'not a mapping of sections'],
  ['an unknown tag', 'main:\n  A: !x y\n', 2, 'not valid YAML: tag resolve failed'],
  ['two documents', 'main: {}\n---\na: b\n', 2, 'not valid YAML: multiple docs'],
  ['a tab', 'main:\n\tA: 1\n', 2, 'not valid YAML: tab as indent'],
]
for (const [name, text, line, what] of bad) {
  t.same(parseYaml(text).problems, [{ line, what }], name)
}

void t.test('broken YAML is not quoted: it may hold secrets', (t) => {
  for (const text of [
    'main:\n  S3_SECRET: "hush\n',
    'main:\n  S3_SECRET: [hush\n',
    'main: hush: hush\n',
    'main:\n  S3_SECRET: *hush\n',
    'main:\n  S3_SECRET: !hush x\n',
    '{"main": {"S3_SECRET": "hush" "hush"}}',
  ]) {
    const { problems } = parseYaml(text)
    t.not(problems.length, 0, text)
    t.notMatch(JSON.stringify(problems), /hush/, text)
  }
  t.end()
})

t.same(
  parseYaml('? [a]\n: {A: 1}\n').sections.map(({ name }) => name),
  [''],
  'a key that is no word has no name',
)
