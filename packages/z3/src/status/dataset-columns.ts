import { humanDuration, humanSize } from '@z3/core'
import type { Column } from './fit-table.js'
import type { CheckedDataset, DatasetState } from './load-state.js'
import { isFuture } from './status-text.js'

/**
 * The columns of datasets, one line each. `?` stands for what is not known.
 *
 * @param now epoch seconds
 */
export function datasetColumns(now: number): readonly Column<CheckedDataset>[] {
  const of =
    (text: (state: DatasetState) => string) =>
    ({ state }: CheckedDataset): string =>
      state ? text(state) : '?'
  return [
    { head: 'DATASET', text: ({ dataset }) => dataset, least: 16 },
    {
      ...{ head: 'NEWEST GOOD', least: 12, omit: 2 },
      text: of(({ summary }) => summary.newestGood?.name ?? 'none'),
      color: isBad,
    },
    { head: 'AGE', text: of(({ summary }) => age(summary.newestGood?.created, now)), omit: 1 },
    {
      head: 'CHAIN',
      text: of(({ chain }) => (chain === undefined ? '-' : String(chain))),
      omit: 4,
    },
    { head: 'SIZE', text: of(size), omit: 3 },
    { head: 'HEALTH', text: of(health), color: isBad },
  ]
}

function age(created: number | undefined, now: number): string {
  if (created === undefined) return '?'
  return isFuture(created, now) ? 'future' : humanDuration(now - created)
}

function size({ isSizeUnknown, summary }: DatasetState): string {
  return `${isSizeUnknown ? '>' : ''}${humanSize(summary.bytes)}`
}

function health({ summary: { objects, unhealthy } }: DatasetState): string {
  if (objects === 0) return 'no backup'
  return unhealthy === 0 ? 'ok' : `${String(unhealthy)} not healthy`
}

function isBad({ state, error }: CheckedDataset): 'red' | 'yellow' | undefined {
  if (error) return 'yellow'
  return state?.summary.unhealthy === 0 && state.summary.newestGood ? undefined : 'red'
}

/** The line below the table: `2 datasets, 14 snapshots, 4.03G; 1 not healthy`. */
export function totalsOfAll(all: readonly CheckedDataset[]): string {
  const states = all.flatMap(({ state }) => state ?? [])
  const sum = (field: 'objects' | 'bytes' | 'unhealthy'): number =>
    states.reduce((total, { summary }) => total + summary[field], 0)
  const count = (number: number, noun: string): string =>
    `${String(number)} ${noun}${number === 1 ? '' : 's'}`
  const isPart = all.some(({ state }) => !state || state.isSizeUnknown)
  const atLeast = isPart ? 'at least ' : ''
  return `${count(all.length, 'dataset')}, ${count(sum('objects'), 'snapshot')}, ${atLeast}${humanSize(sum('bytes'))}; ${String(sum('unhealthy'))} not healthy`
}
