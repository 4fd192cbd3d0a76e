import { verifiedAt, type VerifyRecords } from '@z3/backup'
import { humanSize, type PruneEntry, type StatusRow, type StoredSnapshot } from '@z3/core'
import { reasonText } from '../prune/report.js'
import { archiveText } from '../status/status-text.js'
import type { DatasetReport } from './assess.js'
import { html, type Html } from './html.js'
import { ageText, countText, numberText, timeText } from './text.js'

/** More rows are folded away. */
const UNFOLDED = 12

/** On a page, divided among its datasets: 20,000 rows have 6 MB. */
const ROWS_OF_PAGE = 20_000
const ROWS_OF_DATASET = { least: 50, most: 1000 }

/** How many rows each of so many datasets has at most. */
export function rowLimit(datasets: number): number {
  const { least, most } = ROWS_OF_DATASET
  return Math.min(most, Math.max(least, Math.floor(ROWS_OF_PAGE / datasets)))
}

/**
 * The stored snapshots of a dataset, the newest first.
 *
 * @param limit rows
 * @param now epoch seconds
 */
export function snapshotTable(report: DatasetReport, limit: number, now: number): Html {
  const stored = report.rows.filter((row) => row.stored).reverse()
  const shown = stored.slice(0, limit)
  const left = stored.length - shown.length
  const count = countText(stored.length, 'stored snapshot')
  return html`<details${stored.length <= UNFOLDED ? html` open` : ''}>
<summary>${left > 0 ? `The newest ${numberText(limit)} of ${count}` : count}</summary>
<div class="scroll tall" role="group" tabindex="0" aria-label="Snapshots of ${report.dataset}">
${table(report, shown, now)}
</div>${
    left > 0
      ? html`<p class="note">
          ${countText(left, 'older snapshot')} not shown: the page has ${numberText(limit)} for each
          dataset. Use <code>z3 status</code> for all.
        </p>`
      : undefined
  }
</details>`
}

function table(report: DatasetReport, rows: readonly StatusRow[], now: number): Html {
  const { dataset, retention, records } = report
  const entries = [...(retention?.plan.keep ?? []), ...(retention?.plan.delete ?? [])]
  const decisions = new Map(entries.map((entry) => [entry.object.key, entry]))
  return html`<table>
    <caption>
      Stored snapshots of
      <code>${dataset}</code
      >, the newest first
    </caption>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">Created (UTC)</th>
        <th scope="col">Age</th>
        <th scope="col">Kind</th>
        <th scope="col">Parent</th>
        <th scope="col" class="number">Stored</th>
        <th scope="col">Health</th>
        <th scope="col">Class</th>
        <th scope="col">Verified</th>
        ${retention ? html`<th scope="col">Retention</th>` : undefined}
      </tr>
    </thead>
    <tbody>
      ${rows.map((row) => {
        const { stored } = row
        return stored && tableRow(row, stored, records, retention && decisions.get(stored.key), now)
      })}
    </tbody>
  </table>`
}

function tableRow(
  row: StatusRow,
  stored: StoredSnapshot,
  records: VerifyRecords | undefined,
  decision: PruneEntry | undefined,
  now: number,
): Html {
  const { name, created, type, parent, health } = row
  const reason = stored.problem ?? stored.remark
  return html`<tr><th scope="row"><code>${name}</code></th><td>${timeText(created)}</td><td>${ageText(created, now)}</td><td>${type}</td><td>${
    parent === '' ? '–' : html`<code>${parent}</code>`
  }</td><td class="number">${stored.bytes === undefined ? 'unknown' : humanSize(stored.bytes)}</td><td${
    health === 'ok' ? '' : html` class="bad"`
  }>${health}${reason === undefined ? '' : `: ${reason}`}</td><td>${classText(row, stored)}</td><td>${verifiedText(stored, records, now)}</td>${
    decision && html`<td>${decisionText(decision)}</td>`
  }</tr>
`
}

function classText(row: StatusRow, { storageClass = '–' }: StoredSnapshot): string {
  const archive = archiveText(row)
  return archive === '' ? storageClass : `${storageClass}, ${archive}`
}

/** When its data were last read and found sound, and how. */
function verifiedText(
  object: StoredSnapshot,
  records: VerifyRecords | undefined,
  now: number,
): string {
  if (!records) return 'unknown'
  const stream = verifiedAt(object, records, 'stream')
  const at = verifiedAt(object, records, 'data')
  if (at === undefined) return 'never'
  return `${ageText(at, now)} ago (${at === stream ? 'stream' : 'data'})`
}

function decisionText({ reasons }: PruneEntry): string {
  return reasons.length === 0 ? 'delete' : `keep: ${reasons.map(reasonText).join(', ')}`
}
