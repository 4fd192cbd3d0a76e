import t from 'tap'
import { renderTable } from '../src/status/render-table.js'

void t.test("z3's table: padded to the widest, the last one too", (t) => {
  t.equal(
    renderTable(
      ['NAME', 'SIZE'],
      [
        ['a', '1 G'],
        ['longer', '1024 M'],
        ['', ''],
      ],
    ),
    'NAME   | SIZE  \na      | 1 G   \nlonger | 1024 M\n       |       ',
  )
  t.equal(renderTable(['A', 'B'], []), 'A | B')
  t.end()
})

void t.test('escape sequences of a cell do not reach the terminal', (t) => {
  t.equal(renderTable(['A'], [['\x1b[2J']]), 'A      \n\\x1b[2J')
  t.end()
})
