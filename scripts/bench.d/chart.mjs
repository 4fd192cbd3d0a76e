// The medians of a benchmark as bars: one SVG, without script, for light and dark pages
import { spread } from './statistics.mjs'
import { whatOf } from './report.mjs'

const GIB = 2 ** 30
const WIDTH = 760
/** Pixels: of the names, of a bar's line, above a group's bars. */
const [NAMES, LINE, HEAD] = [130, 22, 34]

const COLUMNS = [
  { title: 'seconds', value: ({ wall }) => wall, digits: 2 },
  { title: 'CPU s/GiB', value: ({ user, sys }, size) => ((user + sys) * GIB) / size, digits: 2 },
  { title: 'peak MiB', value: ({ rss }) => rss, digits: 0 },
]

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const text = (x, y, content, rest = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${rest}>${escape(content)}</text>`

/** One direction: a line for each row, a bar in each column. */
const group = (title, rows, size, top) => {
  const column = (WIDTH - NAMES) / COLUMNS.length
  const out = [text(0, top + 14, title, ' class="title"')]
  for (const [i, { title: name, value, digits }] of COLUMNS.entries()) {
    const x = NAMES + i * column
    const values = rows.map(({ runs }) => spread(runs.map((run) => value(run, size))).median)
    const most = Math.max(...values)
    out.push(text(x, top + 28, name, ' class="unit"'))
    for (const [j, one] of values.entries()) {
      const y = top + HEAD + j * LINE
      const long = (one / most) * (column - 60)
      out.push(
        `<rect x="${x.toFixed(1)}" y="${y + 3}" width="${long.toFixed(1)}" height="${LINE - 8}"${j === 0 ? ' class="ours"' : ''}/>`,
        text(x + long + 5, y + 14, one.toFixed(digits)),
      )
    }
  }
  for (const [j, { name }] of rows.entries()) out.push(text(0, top + HEAD + j * LINE + 14, name))
  return out.join('\n')
}

/** @param result as written by --json */
export const chart = ({ options, machine, tables }) => {
  const titles = { up: 'upload', down: 'download' }
  const { cpus, model, node, date } = machine
  const what = `${date}: ${whatOf(options)}; ${cpus} CPUs (${model}), Node ${node}`
  let top = 24
  const groups = Object.entries(tables).map(([direction, rows]) => {
    const drawn = group(titles[direction], rows, options.size, top)
    top += HEAD + rows.length * LINE + 16
    return drawn
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" role="img" aria-label="${escape(what)}">
<style>
svg { background: #fff }
text { font: 12px sans-serif; fill: #1f2328 }
.title { font-weight: bold; font-size: 13px }
.unit { fill: #59636e }
rect { fill: #8c959f }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117 }
text { fill: #e6edf3 }
.unit { fill: #9198a1 }
rect { fill: #656c76 }
.ours { fill: #4493f8 }
}
</style>
${text(0, 14, what, ' class="unit"')}
${groups.join('\n')}
</svg>
`
}
