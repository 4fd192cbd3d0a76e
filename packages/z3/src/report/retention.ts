import { humanSize } from '@z3/core'
import type { DatasetReport } from './assess.js'
import { html, type Html } from './html.js'
import { countText } from './text.js'

/** What `z3 prune` would do with a dataset. */
export function retentionOf({ retention }: DatasetReport, commandLine: Html): Html {
  if (!retention) {
    return html`<p>RETENTION is not set: <code>z3 prune</code> deletes nothing.</p>`
  }
  const { schedule, plan, refusal } = retention
  const count = plan.delete.length
  const all = count + plan.keep.length
  const bytes = plan.delete.reduce((sum, { object }) => sum + (object.bytes ?? 0), 0)
  const what =
    count === 0
      ? `would delete none of ${countText(all, 'object')}.`
      : `would delete ${String(count)} of ${countText(all, 'object')}, ${humanSize(bytes)}, unless Object Lock protects them.`
  return html`<p>With RETENTION <code>${schedule}</code>, <code>z3 prune</code> ${what}</p>
    ${refusal && html`<p class="bad">It refuses, and deletes nothing: ${refusal.message}.</p>`}
    ${count > 0 ? commandLine : undefined}`
}
