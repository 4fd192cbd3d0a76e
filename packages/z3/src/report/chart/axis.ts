import { html, type Html } from '../html.js'
import type { TimeScale } from './time-scale.js'
import { WIDTH } from './time-scale.js'

/** Vertical lines and dates at the ticks, and a line below the drawing. */
export function axis({ ticks }: TimeScale, height: number): Html {
  return html`<path class="axis" d="M0 ${height}H${WIDTH}" /> ${ticks.map(
      ({ x, label }) =>
        html`<path class="tick" d="M${x} 0V${height}" /><text
            class="label"
            x="${x}"
            y="${height + 17}"
            text-anchor="middle"
            >${label}</text
          >`,
    )}`
}
