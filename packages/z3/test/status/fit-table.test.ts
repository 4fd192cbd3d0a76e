import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { fitTable, type Column } from '../../src/status/fit-table.js'

interface Row {
  readonly name: string
  readonly state: string
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'NAME', text: ({ name }) => name, least: 8 },
  { head: 'SIZE', text: () => '1.50G', omit: 1 },
  {
    ...{ head: 'STATE', text: ({ state }) => state },
    color: ({ state }) => (state === 'ok' ? undefined : 'red'),
  },
]
const ROWS: readonly Row[] = [
  { name: 'zfs-auto-snap:daily-2026-11-30-0400', state: 'ok' },
  { name: 'short', state: 'lost' },
]
const PLAIN = { ellipsis: '…', hasColor: false }

const render = (width: number | undefined, ellipsis = '…') =>
  fitTable(COLUMNS, ROWS, { ...PLAIN, ellipsis, ...(width !== undefined && { width }) })

void t.test('a table fits', (t) => {
  t.equal(
    render(undefined).text,
    [
      'NAME                                | SIZE  | STATE',
      'zfs-auto-snap:daily-2026-11-30-0400 | 1.50G | ok   ',
      'short                               | 1.50G | lost ',
    ].join('\n'),
  )
  t.equal(
    render(30).text,
    [
      'NAME           | SIZE  | STATE',
      'zfs-aut…0-0400 | 1.50G | ok   ',
      'short          | 1.50G | lost ',
    ].join('\n'),
  )
  t.match(render(30, '...').text, 'zfs-au...-0400 | 1.50G')
  t.strictSame(render(30).omitted, [])
  const narrow = render(20)
  t.strictSame(narrow.omitted, ['SIZE'])
  t.match(narrow.text, /^zfs-au…-0400 \| ok {3}$/m)
  for (let width = 12; width < 80; width += 1) {
    for (const line of render(width).text.split('\n')) {
      t.ok(line.length <= width, `${String(width)}: ${line}`)
    }
  }
  for (const width of [0, 1, 5, 11]) t.match(render(width).text, /^NAME \| STATE$/m)
  t.equal(fitTable(COLUMNS, [], { ...PLAIN, width: 5 }).text, 'NAME | STATE')
  t.end()
})

void t.test('colour does not change widths, and control characters are shown', (t) => {
  const hostile = [{ name: 'a\x1b[2Jb\nc', state: '\x9b31m' }]
  const { text } = fitTable(COLUMNS, [...ROWS, ...hostile], {
    ...{ ellipsis: '…', hasColor: true, width: 40 },
  })
  const [head = '', ...lines] = text.split('\n')
  t.match(text, '| \x1b[31mlost\x1b[39m')
  t.notMatch(lines[0], '\x1b')
  t.match(lines[2], 'a\\x1b[2Jb')
  const plain = lines.map((line) => stripVTControlCharacters(line))
  t.strictSame(
    plain.map(({ length }) => length),
    [40, 40, 40, 40].slice(0, plain.length),
  )
  t.equal(head.length, 40)
  t.end()
})
