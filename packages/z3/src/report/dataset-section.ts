import { humanSize } from '@z3/core'
import type { DatasetReport } from './assess.js'
import { badge } from './badge.js'
import { growthOf } from './chart/growth.js'
import { verdictOf } from './headline.js'
import { html, type Html } from './html.js'
import type { Local } from './load/load-local.js'
import type { UnreadDataset } from './load/load-stored-datasets.js'
import { notStoredOf } from './not-stored.js'
import { retentionOf } from './retention.js'
import { snapshotTable } from './snapshot-table.js'
import { countText, numberText, oldText } from './text.js'
import { timelineOf } from './chart/timeline.js'

/** What the section of a dataset needs of the page. */
export interface SectionOptions {
  /** Unique on the page. */
  readonly id: string
  /** Rows of its table. */
  readonly limit: number
  readonly now: number
  readonly local: Local
  /** S3_PREFIX of the page. */
  readonly prefix: string
  readonly line: (words: readonly string[]) => Html
}

/** Everything about one dataset. */
export function datasetSection(one: DatasetReport | UnreadDataset, options: SectionOptions): Html {
  const { id } = options
  return html`<section id="${id}" aria-labelledby="${id}-h">
    <div class="title">
      <h2 id="${id}-h"><code>${one.dataset}</code></h2>
      ${badge(verdictOf(one))}
    </div>
    ${'error' in one ? html`<p>Its objects cannot be read: ${one.error.message}.</p>` : details(one, options)}
  </section> `
}

function details(
  one: DatasetReport,
  { id, limit, now, local, prefix, line }: SectionOptions,
): Html {
  const { dataset, foreign, summary } = one
  const nothing = summary.objects === 0
  return html`<p class="place">
      ${nothing ? 'Nothing is stored' : sumUp(one, now)}${
        one.prefix === prefix ? '' : `; under ${one.prefix}`
      }.
    </p>
    ${foreign.length > 0 && html`<p class="note">${countText(foreign.length, 'key')} of the dataset in the bucket that name no snapshot: ${foreign.slice(0, 5).map((key) => html`<code>${key}</code> `)}</p>`}
    <h3>Timeline</h3>
    ${timelineOf(one, `${id}-timeline`, now)}
    ${nothing ? undefined : stored(one, { id, limit, now, line })}
    <h3>Not backed up</h3>
    ${notStoredOf(one, local)}
    ${(summary.notStored ?? 0) > 0 && one.isHere ? line(['backup', dataset]) : undefined}`
}

function stored(
  one: DatasetReport,
  { id, limit, now, line }: Pick<SectionOptions, 'id' | 'limit' | 'now' | 'line'>,
): Html {
  return html`<h3>Snapshots</h3>
    ${snapshotTable(one, limit, now)}
    <h3>Growth</h3>
    ${growthOf(one, `${id}-growth`, now)}
    <h3>Retention</h3>
    ${retentionOf(one, line(['prune', '--dry-run', one.dataset]))}`
}

function sumUp({ summary, chain, isSizeUnknown }: DatasetReport, now: number): Html {
  const { objects, bytes, newestGood } = summary
  const size = `${isSizeUnknown ? 'at least ' : ''}${humanSize(bytes)}`
  const newest = newestGood
    ? html`newest healthy <code>${newestGood.name}</code>, ${oldText(newestGood.created, now)},
        restored from ${countText(chain, 'object')}`
    : 'none can be restored'
  return html`${numberText(objects)} stored, ${size}; ${newest}`
}
