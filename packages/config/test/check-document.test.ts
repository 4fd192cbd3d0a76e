import t from 'tap'
import { checkDocument } from '../src/check-document.js'
import { parseIni } from '../src/parse-ini.js'
import { parseYaml } from '../src/parse-yaml.js'

const check = (text: string) => {
  const checked = checkDocument(parseIni(text), '/z3.conf')
  return { ...checked, problems: checked.problems.map(({ line, what }) => ({ line, what })) }
}

t.same(
  checkDocument(parseYaml('main:\n  S3_SECRET: [hush]\n'), '/z3.yaml').problems,
  [
    {
      line: 2,
      what: 'S3_SECRET in [main]: a list (allowed: a single word, number or string)',
    },
  ],
  'a list, where a command is not meant',
)

void t.test('values and where they stand', (t) => {
  const { sections, problems } = check(
    '[main]\nbucket = abc\nHost = s3.example.com\n[fs:tank]\nCONCURRENCY=2',
  )
  t.same(problems, [])
  t.same(sections.get('main')?.get('S3_ENDPOINT'), {
    value: 'https://s3.example.com',
    source: {
      kind: 'file',
      file: '/z3.conf',
      line: 3,
      section: 'main',
      name: 'Host',
    },
  })
  t.equal(sections.get('main')?.get('BUCKET')?.value, 'abc')
  t.equal(sections.get('fs:tank')?.get('CONCURRENCY')?.value, 2)
  t.end()
})

const bad: readonly [string, string, readonly [number, string][]][] = [
  [
    'a misspelt key',
    '[main]\nBUKET = abc',
    [[2, "unknown key 'BUKET' in [main] (did you mean BUCKET?)"]],
  ],
  ['an unknown key', '[main]\nX = abc', [[2, "unknown key 'X' in [main]"]]],
  ['half a secret as a key', '[main]\nwJalrXUtnFEMI/K7MDENG== ', [[2, 'unknown key in [main]']]],
  [
    'a bad value',
    '[main]\nconcurrency = 0',
    [[2, "concurrency in [main]: '0' is not a number (allowed: an integer of at least 1)"]],
  ],
  [
    'a key twice',
    '[main]\nBUCKET = abc\nbucket = abd',
    [[3, 'bucket in [main] is already set by BUCKET in line 2']],
  ],
  [
    'a bad key twice',
    '[main]\nBUCKET =\nBUCKET = abd',
    [[3, 'BUCKET in [main] is already set by BUCKET in line 2']],
  ],
  [
    'two names of one key',
    '[main]\nHOST = a.example\nS3_ENDPOINT = b.example',
    [[3, 'S3_ENDPOINT in [main] is already set by HOST in line 2']],
  ],
  [
    'a section twice',
    '[main]\n[fs:tank]\n[main]',
    [[3, 'section [main] is repeated, first in line 1']],
  ],
  [
    'a key twice in a section twice',
    '[main]\nBUCKET=abc\n[main]\nBUCKET=abd',
    [
      [3, 'section [main] is repeated, first in line 1'],
      [4, 'BUCKET in [main] is already set by BUCKET in line 2'],
    ],
  ],
  ['a misspelt section', '[Main]', [[1, 'unknown section [Main] (did you mean [main]?)']]],
  [
    'an unknown section',
    '[DEFAULT]\nX = 1',
    [
      [1, 'unknown section [DEFAULT] (allowed: [main], [fs:DATASET], [compressor:NAME])'],
      [2, "unknown key 'X' in [DEFAULT]"],
    ],
  ],
  [
    'a section of no dataset',
    '[fs:tank@a]\n[fs:]\n[fs:tank ]',
    [
      [1, '[fs:tank@a]: invalid dataset name "tank@a": it has the character "@"'],
      [2, '[fs:]: empty value (omit the setting to leave it unset)'],
      [3, '[fs:tank ]: spaces around the dataset'],
    ],
  ],
  [
    'a connection for one dataset',
    '[fs:tank]\nBUCKET = abc\nS3_SECRET = hush',
    [
      [2, 'BUCKET cannot be set for one dataset (allowed: in [main])'],
      [3, 'S3_SECRET cannot be set for one dataset (allowed: in [main])'],
    ],
  ],
  [
    'the order is that of the lines, whoever found them',
    '[main]\nX = 1\nword\nY = 1',
    [
      [2, "unknown key 'X' in [main]"],
      [
        3,
        'invalid line (allowed: [section], KEY = value, or a comment line that starts with # or ;)',
      ],
      [4, "unknown key 'Y' in [main]"],
    ],
  ],
]
for (const [name, text, problems] of bad) {
  t.same(
    check(text).problems,
    problems.map(([line, what]) => ({ line, what })),
    name,
  )
}

for (const [name, shown] of [
  ['BUKET', "key 'BUKET' in [main] (did you mean BUCKET?)"],
  ['OTHER', "key 'OTHER' in [main]"],
  ['wJalrXUtnFEMI/K7MDENG/bPx', 'key in [main]'],
  ['a'.repeat(40), 'key in [main]'],
  ['', 'key in [main]'],
] as const) {
  const section = { name: 'main', line: 1, entries: [{ name, text: 'x', line: 2 }] }
  const { problems } = checkDocument({ sections: [section], problems: [] }, '/z3.conf')
  t.same(
    problems.map(({ what }) => what),
    [`unknown ${shown}`],
    'what may be a secret is not shown',
  )
}
