import { humanSize } from '@z3/core'
import type { DatasetReport } from './assess.js'
import { badge, type Verdict } from './badge.js'
import { html, type Html } from './html.js'
import type { UnreadDataset } from './load/load-stored-datasets.js'
import type { Page } from './page-data.js'
import { ageText, countText, numberText, timeText } from './text.js'

/** How a dataset is. */
export function verdictOf(one: DatasetReport | UnreadDataset): Verdict {
  if ('error' in one) return 'unknown'
  return one.problems.length === 0 ? 'healthy' : 'not healthy'
}

/** Those that could be read. */
function readOf(datasets: Page['datasets']): readonly DatasetReport[] {
  return datasets.flatMap((one) => ('error' in one ? [] : [one]))
}

/** The top of the page: whether all is well, and the figures of all datasets. */
export function headline({ title, prefix, now, datasets }: Page): Html {
  const read = readOf(datasets)
  const sum = (field: 'bytes' | 'objects'): number =>
    read.reduce((total, { summary }) => total + summary[field], 0)
  const isUnread = read.length < datasets.length
  const isSizeUnknown = isUnread || read.some((one) => one.isSizeUnknown)
  const least = (isUnknown: boolean): string => (isUnknown ? 'at least ' : '')
  return html`<header>
    <h1>
      Backups of
      ${datasets.length === 1 ? html`<code>${datasets[0]?.dataset}</code>` : countText(datasets.length, 'dataset')}
    </h1>
    <p class="place">In ${title}/${prefix}, made ${timeText(now)} UTC</p>
    <p class="verdict">${verdict(datasets)}</p>
    <dl class="facts">
      ${fact('Datasets', numberText(datasets.length))}
      ${fact('Stored snapshots', least(isUnread) + numberText(sum('objects')))}
      ${fact('Bytes stored', least(isSizeUnknown) + humanSize(sum('bytes')))}
      ${ages(read, datasets.length - read.length, now)}
    </dl>
  </header>`
}

function verdict(datasets: Page['datasets']): Html {
  const count = (wanted: Verdict): number =>
    datasets.filter((one) => verdictOf(one) === wanted).length
  const [bad, unknown] = [count('not healthy'), count('unknown')]
  const all = countText(datasets.length, 'dataset')
  const of = (some: number): string =>
    datasets.length === 1 ? '' : `: ${numberText(some)} of ${all}`
  if (bad > 0) {
    return html`${badge('not healthy', `Not healthy${of(bad)}`)}${
      unknown > 0 && html` ${badge('unknown', `Unknown: ${numberText(unknown)}`)}`
    }`
  }
  if (unknown > 0) return badge('unknown', `Unknown${of(unknown)}; the others are healthy`)
  return badge('healthy', datasets.length === 1 ? 'Healthy' : `All ${all} healthy`)
}

/** The youngest and the oldest of the newest healthy backups. */
function ages(read: readonly DatasetReport[], unread: number, now: number): Html {
  const known = read
    .flatMap(({ dataset, summary: { newestGood } }) =>
      newestGood?.created === undefined ? [] : [{ dataset, created: newestGood.created }],
    )
    .sort((a, b) => b.created - a.created)
  const [first] = known
  const last = known.at(-1)
  if (!first || !last) return fact('Newest backup', unread > 0 ? 'unknown' : 'none')
  const newest = fact('Newest backup', ageText(first.created, now), first.dataset)
  if (read.length + unread === 1) return newest
  const without = read.length - known.length + unread
  const more = without > 0 ? `; ${countText(without, 'dataset')} without one, or unknown` : ''
  const oldest = ageText(last.created, now)
  return html`${newest}${fact('Longest without a backup', oldest, last.dataset + more)}`
}

function fact(name: string, value: string, note?: string): Html {
  const small = note !== undefined && html`<span>${note}</span>`
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}${small}</dd>
  </div>`
}
