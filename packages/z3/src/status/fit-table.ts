import { styleText } from 'node:util'
import { printable, type Display } from '@z3/cli'
import { cutMiddle } from '@z3/core'
import { drawTable } from './render-table.js'

/** A column of a table for people. */
export interface Column<T> {
  readonly head: string
  readonly text: (row: T) => string
  /** Names are cut in the middle to at least so many characters; undefined: never cut. */
  readonly least?: number
  /** Of a table that is too wide, the column with the highest number is left out first. */
  readonly omit?: number
  /** What is wrong, and what deserves attention, is coloured. */
  readonly color?: (row: T) => 'red' | 'yellow' | undefined
}

/** Between two columns: ` | `. */
const SEPARATOR = 3

/** No name is cut further, however narrow the terminal. */
const LEAST = 4

interface Shown<T> {
  readonly column: Column<T>
  /** As printed. Names have ASCII characters only, so that the length is the width. */
  readonly cells: readonly string[]
  width: number
}

/**
 * Render a table that fits a width: names are cut in the middle, and columns left out, if they do
 * not fit otherwise.
 *
 * @param width undefined: everything is shown, whole
 * @returns omitted: heads of the columns that are left out
 */
export function fitTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  { width, ellipsis, hasColor }: Pick<Display, 'ellipsis' | 'hasColor'> & { width?: number },
): { readonly text: string; readonly omitted: readonly string[] } {
  const all = columns.map((column): Shown<T> => {
    const cells = rows.map((row) => printable(column.text(row)))
    const longest = cells.reduce((most, { length }) => Math.max(most, length), 0)
    return { column, cells, width: Math.max(column.head.length, longest) }
  })
  const shown = width === undefined ? all : leaveOut(all, width)
  if (width !== undefined) narrow(shown, width)
  const head = shown.map(({ column, width: room }) => cutMiddle(column.head, room, ellipsis))
  const lines = rows.map((row, i) =>
    shown.map(({ column, cells, width: room }) => {
      const text = cutMiddle(cells[i] ?? '', room, ellipsis)
      const color = hasColor ? column.color?.(row) : undefined
      // the caller knows what the output can show
      return color ? styleText(color, text, { validateStream: false }) : text
    }),
  )
  const omitted = all.filter((one) => !shown.includes(one)).map(({ column }) => column.head)
  return { text: drawTable(head, lines), omitted }
}

/** Without the columns that do not fit, even if every name is cut. */
function leaveOut<T>(all: readonly Shown<T>[], width: number): readonly Shown<T>[] {
  const needed = totalWidth(all.map((one) => Math.min(one.width, one.column.least ?? one.width)))
  if (needed <= width) return all
  const orders = all.flatMap(({ column }) => column.omit ?? [])
  if (orders.length === 0) return all
  const last = Math.max(...orders)
  return leaveOut(
    all.filter(({ column }) => column.omit !== last),
    width,
  )
}

/** Narrow the widest column of names until the table fits. */
function narrow<T>(shown: readonly Shown<T>[], width: number): void {
  const names = shown.filter(({ column }) => column.least !== undefined)
  for (;;) {
    if (totalWidth(shown.map((one) => one.width)) <= width) return
    const widest = names.reduce<Shown<T> | undefined>(
      (a, b) => (a && a.width >= b.width ? a : b),
      undefined,
    )
    if (!widest || widest.width <= LEAST) return
    widest.width -= 1
  }
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one, SEPARATOR * Math.max(0, widths.length - 1))
}
