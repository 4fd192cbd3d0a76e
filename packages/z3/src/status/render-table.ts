import { printable } from '@z3/cli'
import Table from 'cli-table3'

/** Only a bar between columns, as in z3's tables. */
const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' | ',
}

/**
 * Pads all columns, including the last, and separates them with `|`. Control characters in cells,
 * which may come from a store, are escaped.
 */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return drawTable(
    head,
    rows.map((row) => row.map(printable)),
  )
}

/** The same for cells that are printable already, and may be coloured. */
export function drawTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  table.push([...head], ...rows.map((row) => [...row]))
  return table.toString()
}
