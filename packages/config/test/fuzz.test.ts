import assert from 'node:assert/strict'
import { fuzz, nastyText, orRefused } from '@z3/fixtures'
import fc from 'fast-check'
import t from 'tap'
import { checkDocument } from '../src/check-document.js'
import { parseBucket } from '../src/values/parse-bucket.js'
import { formatCommand, parseCommand } from '../src/values/parse-command.js'
import { parseIni } from '../src/parse-ini.js'
import { parseYaml } from '../src/parse-yaml.js'

const NAME = /^[A-Z][A-Z_]{0,8}$/
const entries = fc.dictionary(
  fc.stringMatching(NAME),
  fc.stringMatching(/^[!-~]([ -~]{0,12}[!-~])?$/),
  { maxKeys: 5, noNullPrototype: true },
)

void t.test('INI: what was written is read, byte for byte', async () => {
  await fuzz([entries], (some) => {
    const lines = Object.entries(some).map(([name, value]) => `${name} = ${value}`)
    const { sections, problems } = parseIni(['[main]', ...lines].join('\n'))
    assert.deepEqual(problems, [])
    assert.deepEqual(
      sections.flatMap((section) => section.entries.map(({ name, text }) => [name, text])),
      Object.entries(some),
    )
  })
})

void t.test('JSON: what was written is read', async () => {
  await fuzz([entries], (some) => {
    const { sections, problems } = parseYaml(JSON.stringify({ main: some }))
    assert.deepEqual(problems, [])
    assert.deepEqual(
      sections.flatMap((section) => section.entries.map(({ name, text }) => [name, text])).sort(),
      Object.entries(some).sort(),
    )
  })
})

void t.test('any text: a document, or problems with lines', async () => {
  const text = nastyText(
    '[main]\n',
    '[fs:tank]\n',
    'BUCKET',
    'main:\n',
    '  BUCKET: x',
    '{"main":',
    '&a',
    '*a',
    '<<: ',
    '!!js/function ',
    '- ',
    '|\n',
    '? ',
  )
  await fuzz(
    [text],
    (some) => {
      for (const parse of [parseIni, parseYaml]) {
        const document = orRefused(() => parse(some))
        if (document === undefined) continue
        const last = some.split(/\r\n|\n|\r/).length
        for (const { line } of [...document.problems, ...document.sections]) {
          assert.ok(line >= 1 && line <= last + 1, `line ${String(line)}`)
        }
        orRefused(() => checkDocument(document, 'z3.conf'))
      }
    },
    3000,
  )
})

void t.test('buckets and commands', async () => {
  await fuzz([nastyText('file://', 's3://', '/mnt', '..', 'bucket', 'a')], (text) => {
    orRefused(() => parseBucket(text))
  })
  const word = fc.stringMatching(/^[ -~]{1,8}$/)
  await fuzz(
    [fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/), fc.array(word, { maxLength: 4 })],
    (file, args) => {
      const command = { file, args }
      assert.deepEqual(parseCommand(formatCommand(command)), command)
    },
  )
  await fuzz([nastyText('zstd', '-3', '"', '|', '$x', '`')], (text) => {
    orRefused(() => parseCommand(text))
  })
})
