import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { checkDocument } from '../src/check-document.js'
import { formatValue } from '../src/values/value-types.js'
import { OPTIONS } from '../src/options.js'
import { parseIni } from '../src/parse-ini.js'
import { renderSample } from './render-sample.js'

const root = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8')

t.equal(root('fixtures/sample.conf'), renderSample(), 'fixtures/sample.conf is what the table says')

void t.test('as it is, it sets nothing and has no problem', (t) => {
  const { sections, problems } = checkDocument(parseIni(renderSample()), 'z')
  t.same(problems, [])
  t.same([...sections.keys()], ['main'])
  t.equal(sections.get('main')?.size, 0)
  t.end()
})

void t.test('with every example taken, it is valid', (t) => {
  const text = renderSample()
    .replace(/^# or, .*\n#.*$/m, '')
    .replace(/^#(?=[A-Z[])/gm, '')
  const { sections, compressors, problems } = checkDocument(parseIni(text), 'z')
  t.same(problems, [])
  t.equal(sections.get('main')?.size, OPTIONS.length)
  t.equal(sections.get('fs:tank/data')?.size, OPTIONS.filter((option) => option.perDataset).length)
  t.match(compressors.get('lzop'), { compress: { file: 'lzop' } })
  t.end()
})

void t.test('no line is longer than 80 columns', (t) => {
  for (const line of renderSample().split('\n')) t.ok(line.length <= 80, line)
  t.end()
})

void t.test('the manual has a row for every option', (t) => {
  const rows = root('docs/configuration.md')
    .split('\n')
    .filter((line) => /^\| `/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ')
  for (const option of OPTIONS) {
    const { key, flag, flagAliases } = option
    const row = rows.find(([, keys]) => keys === code(option.keys)) ?? []
    const flags = [flag ?? [], flagAliases]
      .flat()
      .map((name) => (name.length === 1 ? `-${name}` : `--${name}`))
    t.equal(row[2], code(flags), `${key}: flags`)
    t.equal(row[3], code(option.env), `${key}: environment`)
    t.equal(
      row[4],
      option.default === undefined ? '' : code([formatValue(option, option.default)]),
      `${key}: default`,
    )
    t.equal(row[6], option.description, `${key}: meaning`)
    t.equal(row[5], option.perDataset ? 'yes' : '', `${key}: per dataset`)
  }
  t.equal(rows.length, OPTIONS.length, 'and for nothing else')
  t.end()
})
