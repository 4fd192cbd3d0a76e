import type { StatusRow } from '@z3/core'
import { archiveText } from './status-text.js'

/** NAME PARENT TYPE HEALTH LOCAL-STATE SIZE STORED CREATED; '-' for what is not known. */
export function parseable(row: StatusRow): string {
  return fields(row, row.name, row.localState === 'unknown' ? '-' : row.localState).join('\t')
}

/**
 * The same of one of several datasets, whose local snapshots are not known: the full name, and the
 * state of the archive at the end.
 */
export function fullParseable(dataset: string, row: StatusRow): string {
  const name = `${dataset}@${row.name}`
  return [...fields(row, name, '-'), archiveText(row) || '-'].join('\t')
}

function fields(row: StatusRow, name: string, localState: string): readonly string[] {
  const { stored } = row
  const numbers = [stored?.size, stored?.bytes, row.created]
  return [
    ...[name, row.parent, row.type, row.health, localState],
    ...numbers.map((value) => (value === undefined ? '-' : String(value))),
  ]
}
