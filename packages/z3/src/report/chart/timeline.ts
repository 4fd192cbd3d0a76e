import { countText } from '../text.js'
import { constant, html, type Html } from '../html.js'
import { layOut, type Mark, type Timeline } from './timeline-layout.js'
import { axis } from './axis.js'
import { drawRing, drawShape, kindOf, legendOf } from './shapes.js'
import { round, WIDTH } from './time-scale.js'
import type { DatasetReport } from '../assess.js'

/** Height of a lane, with room for arcs above its line. */
const LANE = 46
/** The line of a lane, below its top. */
const LINE = 32

/** Between two marks without another between them, units. */
const NEIGHBOUR = 24

/**
 * The snapshots of a dataset along the time: who builds on whom, what is not healthy, what is not
 * stored. Shapes tell the kinds apart, not colours alone.
 *
 * @param id unique on the page
 * @param now epoch seconds
 */
export function timelineOf(report: DatasetReport, id: string, now: number): Html {
  const { dataset, rows, summary } = report
  const newest = summary.newestGood?.name
  const timeline = layOut(rows, newest, now)
  const { marks, links, lanes, scale } = timeline
  const isLocal = marks.some(({ row }) => !row.stored)
  const height = Math.max(1, lanes + Number(isLocal)) * LANE + 12
  return html`<div
      class="scroll latest"
      role="group"
      tabindex="0"
      aria-label="Timeline of ${dataset}"
    >
      <svg
        class="chart"
        role="img"
        aria-labelledby="${id}-t ${id}-d"
        viewBox="0 0 ${WIDTH} ${height + 24}"
      >
        <title id="${id}-t">Snapshots of ${dataset} by creation time</title>
        <desc id="${id}-d">${describe(report)} The table of snapshots has the same data.</desc>
        ${axis(scale, height)} ${links.map(({ from, to }) => link(from, to))}
        ${marks.map((mark) => drawMark(mark, newest))}
      </svg>
    </div>
    ${legendOf(new Set(marks.map(({ row }) => kindOf(row))), newest !== undefined)}
    ${note(timeline)}`
}

function describe({ summary, rows }: DatasetReport): string {
  const full = rows.filter(({ type }) => type === 'full').length
  const increments = rows.filter(({ type }) => type === 'incremental').length
  const { unhealthy, notStored } = summary
  const missing =
    notStored === undefined ? 'unknown which snapshots are' : countText(notStored, 'snapshot')
  return `${countText(full, 'full backup')}, ${countText(increments, 'incremental backup')}, ${String(unhealthy)} not healthy, ${missing} not backed up.`
}

function lineOf({ lane }: Mark): number {
  return lane * LANE + LINE
}

/** A line to the neighbour, an arc across others. */
function link(from: Mark, to: Mark): Html {
  const y = lineOf(to)
  const width = to.x - from.x
  const rise = width <= NEIGHBOUR ? 0 : Math.min(54, 8 + width / 5)
  return html`<path
    class="link"
    d="M${from.x} ${y}Q${round(from.x + width / 2)} ${round(y - rise)} ${to.x} ${y}"
  />`
}

function drawMark(mark: Mark, newest: string | undefined): Html {
  const { row, x } = mark
  const { name, type, parent, health } = row
  const y = lineOf(mark)
  const kind = type === 'incremental' ? `incremental, parent @${parent}` : type
  const state = row.stored ? `${kind}, ${health}` : 'not stored'
  const ring = name === newest && drawRing(x, y)
  return html`<g><title>@${name}: ${state}</title>${ring}${drawShape(kindOf(row), x, y)}</g>`
}

function note({ hidden, undated }: Timeline): Html {
  const notes = [
    hidden > 0 && `${countText(hidden, 'snapshot')} not drawn: others are in the same place`,
    undated > 0 && `${countText(undated, 'snapshot')} without a known time, or in the future`,
  ].filter((one) => one !== false)
  return notes.length === 0 ? constant('') : html`<p class="note">${notes.join('; ')}.</p>`
}
