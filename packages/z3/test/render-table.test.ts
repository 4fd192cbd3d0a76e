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
