import t from 'tap'
import { checkDocument } from '../src/check-document.js'
import { parseIni } from '../src/parse-ini.js'
import { parseYaml } from '../src/parse-yaml.js'

const check = (text: string) => {
  const checked = checkDocument(parseIni(text), '/z3.conf')
  return { ...checked, problems: checked.problems.map(({ line, what }) => ({ line, what })) }
}

void t.test('commands and where they stand', (t) => {
  const section = 'compressor:my-own.2'
  const { sections, compressors, problems } = check(
    `[main]\nCOMPRESSOR=my-own.2\n[${section}]\nDecompress: a -d\ncompress = a "-1 2"`,
  )
  t.same(problems, [])
  t.same([...sections.keys()], ['main'])
  const source = { kind: 'file', file: '/z3.conf', section } as const
  t.same(
    compressors,
    new Map([
      [
        'my-own.2',
        {
          compress: { file: 'a', args: ['-1 2'] },
          decompress: { file: 'a', args: ['-d'] },
          sources: {
            compress: { ...source, line: 5, name: 'compress' },
            decompress: { ...source, line: 4, name: 'Decompress' },
          },
        },
      ],
    ]),
  )
  t.end()
})

void t.test('a list of words, in JSON and YAML', (t) => {
  const { compressors, problems } = checkDocument(
    parseYaml(
      'compressor:a:\n  compress: [a b, "", 007]\n  DECOMPRESS:\n  - a\n  - $x\nfs:tank:\n  COMPRESSOR: a\n',
    ),
    '/z3.yaml',
  )
  t.same(problems, [])
  t.match(compressors.get('a'), {
    compress: { file: 'a b', args: ['', '007'] },
    decompress: { file: 'a', args: ['$x'] },
  })
  t.end()
})

const both = 'COMPRESS=a\nDECOMPRESS=b'
const NAME =
  'invalid compressor name (allowed: up to 64 letters, digits and .-_, the first a letter or a digit)'
const TAKEN = 'reserved name (reserved: none, gpg, age, pigz1, pigz4, gzip, zstd, lz4, xz)'
const NEEDED = '(needed: COMPRESS and DECOMPRESS)'
const long = 'x'.repeat(65)
const bad: readonly [string, readonly [number, string][]][] = [
  ['[compressor:a]\nCOMPRESS=a', [[1, `[compressor:a] has no DECOMPRESS ${NEEDED}`]]],
  [
    '[compressor:a]',
    [
      [1, `[compressor:a] has no COMPRESS ${NEEDED}`],
      [1, `[compressor:a] has no DECOMPRESS ${NEEDED}`],
    ],
  ],
  [
    `[compressor:a]\n${both}\nlevel=3\nDECOMPRES=x\nwJalr/K7MDENG==`,
    [
      [4, "unknown key 'level' in [compressor:a] (allowed: COMPRESS, DECOMPRESS)"],
      [5, "unknown key 'DECOMPRES' in [compressor:a] (did you mean DECOMPRESS?)"],
      [6, 'unknown key in [compressor:a] (allowed: COMPRESS, DECOMPRESS)'],
    ],
  ],
  [
    `[compressor:a]\nCOMPRESS=a | b\ncompress=x\nDECOMPRESS=`,
    [
      [
        2,
        'COMPRESS in [compressor:a]: | is shell syntax, and no shell runs the command (allowed: | in single quotes, or a script)',
      ],
      [3, 'compress in [compressor:a] is already set by COMPRESS in line 2'],
      [4, 'DECOMPRESS in [compressor:a]: empty value (omit the setting to leave it unset)'],
    ],
  ],
  [
    `[compressor:a]\n${both}\n[compressor:a]\n${both}`,
    [[4, 'section [compressor:a] is repeated, first in line 1']],
  ],
  ...['', '-a', '.a', 'a b', 'a/b', 'ä', long].map((name): [string, [number, string][]] => [
    `[compressor:${name}]\n${both}`,
    [[1, `[compressor:${name}]: ${NAME}`]],
  ]),
  ...['none', 'gpg', 'age', 'pigz1', 'ZSTD'].map((name): [string, [number, string][]] => [
    `[compressor:${name}]\n${both}`,
    [[1, `[compressor:${name}]: ${TAKEN}`]],
  ]),
  [
    `[Compressor:a]\n${both}`,
    [
      [1, 'unknown section [Compressor:a] (allowed: [main], [fs:DATASET], [compressor:NAME])'],
      [2, "unknown key 'COMPRESS' in [Compressor:a] (did you mean COMPRESSOR?)"],
      [3, "unknown key 'DECOMPRESS' in [Compressor:a]"],
    ],
  ],
]
for (const [text, problems] of bad) {
  const checked = check(text)
  t.same(
    checked.problems,
    problems.map(([line, what]) => ({ line, what })),
    text,
  )
}

void t.test('the names that COMPRESSOR may take', (t) => {
  const allowed = 'none, pigz1, pigz4, gzip, zstd, lz4, xz, gpg'
  t.same(
    check(
      `[main]\nCOMPRESSOR=mine\n[fs:tank]\ncompressor=min\n[fs:tank/b]\nCOMPRESSOR=\n[compressor:mine]\n${both}`,
    ).problems,
    [
      {
        line: 4,
        what: `compressor in [fs:tank]: 'min' is not a compressor (did you mean mine? allowed: ${allowed}, mine)`,
      },
    ],
  )
  const { problems, compressors } = check('[main]\nCOMPRESSOR=mine\n[compressor:mine]\nCOMPRESS=a')
  t.same(
    problems.map(({ line }) => line),
    [3],
    'one with a problem of its own is known all the same',
  )
  t.same([...compressors], [['mine', undefined]])
  t.end()
})
