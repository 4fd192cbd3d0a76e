import { humanSize } from '@z3/core'
import type { DatasetReport } from '../assess.js'
import { axis } from './axis.js'
import { html, type Html } from '../html.js'
import { countText } from '../text.js'
import { END, round, timeScale, WIDTH } from './time-scale.js'

const HEIGHT = 140
/** Room above the highest point, for its label. */
const TOP = 24

/** Between two steps, units: more steps would not be seen. */
const COLUMN = 2

interface Upload {
  readonly at: number
  readonly bytes: number
}

/**
 * The bytes that are stored now, by the time of their upload.
 *
 * @param id unique on the page
 * @param now epoch seconds
 */
export function growthOf({ dataset, rows }: DatasetReport, id: string, now: number): Html {
  const stored = rows.flatMap(({ stored }) => stored ?? [])
  const uploads = stored
    .flatMap(({ uploaded, bytes }) =>
      uploaded === undefined || bytes === undefined ? [] : [{ at: uploaded, bytes }],
    )
    .sort((a, b) => a.at - b.at)
  const unknown = stored.length - uploads.length
  if (uploads.length === 0) return html`<p class="note">No object has a known size and time.</p>`
  const total = uploads.reduce((sum, { bytes }) => sum + bytes, 0)
  const scale = timeScale(
    uploads.map(({ at }) => at),
    now,
  )
  const line = steps(uploads, total, scale.x)
  const [first] = uploads
  return html`<div
      class="scroll latest"
      role="group"
      tabindex="0"
      aria-label="Growth of ${dataset}"
    >
      <svg
        class="chart"
        role="img"
        aria-labelledby="${id}-t ${id}-d"
        viewBox="0 0 ${WIDTH} ${HEIGHT + 24}"
      >
        <title id="${id}-t">Bytes stored of ${dataset} over time</title>
        <desc id="${id}-d">
          ${countText(uploads.length, 'object')}, from ${humanSize(first?.bytes ?? 0)} to
          ${humanSize(total)}.
        </desc>
        ${axis(scale, HEIGHT)}
        <path class="area" d="${line}V${HEIGHT}Z" />
        <path class="line" d="${line}" />
        <text class="value" x="${END}" y="${TOP - 8}" text-anchor="end">${humanSize(total)}</text>
      </svg>
    </div>
    <p class="note">
      Objects that are stored now, by the time of their upload; deleted ones are not
      counted${unknown > 0 ? `, nor ${countText(unknown, 'object')} of unknown size` : ''}.
    </p>`
}

/** A path that rises at each upload, to the end of the scale. */
function steps(uploads: readonly Upload[], total: number, x: (at: number) => number): string {
  const columns = new Map<number, number>()
  let sum = 0
  for (const { at, bytes } of uploads) {
    sum += bytes
    columns.set(Math.round(x(at) / COLUMN) * COLUMN, sum)
  }
  const y = (bytes: number): number =>
    round(HEIGHT - (total === 0 ? 0 : bytes / total) * (HEIGHT - TOP))
  const [begin = 0] = columns.keys()
  const points = Array.from(columns, ([at, bytes]) => `H${String(at)}V${String(y(bytes))}`)
  return `M${String(begin)} ${String(HEIGHT)}${points.join('')}H${String(END)}`
}
