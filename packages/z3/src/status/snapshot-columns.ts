import type { StatusRow } from '@z3/core'
import type { Column } from './fit-table.js'
import { archiveText, localText, lockedText } from './status-text.js'

/** A row of the table of one or several datasets. */
export interface ShownRow {
  readonly dataset: string
  readonly row: StatusRow
}

/**
 * The columns of snapshots for people: those of z3's table, and the creation.
 *
 * @param now epoch seconds
 * @param isMany several datasets: names are full, and nothing is known of local snapshots
 */
export function snapshotColumns(
  rows: readonly ShownRow[],
  now: number,
  isMany: boolean,
): readonly Column<ShownRow>[] {
  const named = ({ dataset, row }: ShownRow) => (isMany ? `${dataset}@${row.name}` : row.name)
  const columns: readonly Column<ShownRow>[] = [
    { head: 'NAME', text: named, least: 16 },
    { head: 'CREATED', text: ({ row }) => localTime(row.created), omit: 1 },
    { head: 'PARENT', text: ({ row }) => row.parent, least: 12, omit: 6 },
    { head: 'TYPE', text: ({ row }) => row.type, omit: 5, color: notStored },
    { head: 'HEALTH', text: ({ row }) => row.health, color: notHealthy },
    ...(isMany ? [] : [LOCAL]),
    { head: 'SIZE', text: ({ row }) => row.size, omit: 2 },
  ]
  const more: readonly Column<ShownRow>[] = [
    { head: 'ARCHIVE', text: ({ row }) => archiveText(row), omit: 3 },
    { head: 'LOCKED UNTIL', text: ({ row }) => lockedText(row, now), omit: 4 },
  ]
  return [...columns, ...more.filter(({ text }) => rows.some((row) => text(row) !== ''))]
}

const LOCAL: Column<ShownRow> = {
  head: 'LOCAL',
  text: ({ row }) => localText(row),
  omit: 3,
  color: ({ row }) => (row.localState === 'replaced' ? 'yellow' : undefined),
}

function notHealthy({ row }: ShownRow): 'red' | undefined {
  return row.stored && row.health !== 'ok' ? 'red' : undefined
}

function notStored({ row }: ShownRow): 'yellow' | undefined {
  return row.stored ? undefined : 'yellow'
}

/** Local time, as `2026-11-30 04:00`. */
function localTime(seconds: number | undefined): string {
  const date = new Date((seconds ?? NaN) * 1000)
  // metadata may have a number that is no date
  if (Number.isNaN(date.getTime())) return '?'
  const two = (number: number) => String(number).padStart(2, '0')
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(two).join('-')
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}
