import type { StatusRow } from '@z3/core'
import { isFuture } from '../../status/status-text.js'
import { timeScale, type TimeScale } from './time-scale.js'

/** A snapshot in the drawing. */
export interface Mark {
  readonly row: StatusRow
  readonly x: number
  readonly lane: number
}

/** Where everything is. */
export interface Timeline {
  readonly scale: TimeScale
  /** Lanes of chains; one more follows for snapshots that are not stored. */
  readonly lanes: number
  readonly marks: readonly Mark[]
  /** From the parent to the increment. */
  readonly links: readonly { readonly from: Mark; readonly to: Mark }[]
  /** Snapshots that are not drawn, since others are in their place. */
  readonly hidden: number
  /** Snapshots without a time, or with one in the future. */
  readonly undated: number
}

/** More chains at once share the lanes. */
const MOST_LANES = 6

/** Between two marks of a lane, units: one is that wide. */
const COLUMN = 10

type Dated = StatusRow & { readonly created: number }

/**
 * Lay out the snapshots of a dataset: each chain in one lane, several one after another in the same.
 * Of those in one place, one is drawn: the newest healthy one, else one that is not healthy, else a
 * full one.
 *
 * @param rows the oldest first
 * @param newest name of the newest healthy snapshot
 * @param now epoch seconds
 */
export function layOut(
  rows: readonly StatusRow[],
  newest: string | undefined,
  now: number,
): Timeline {
  const dated = rows.filter((row): row is Dated => isDated(row, now))
  const scale = timeScale(
    dated.map(({ created }) => created),
    now,
  )
  const chains = chainsOf(dated)
  const { laneOf, lanes } = packLanes(chains, scale)
  const places = new Map<string, Mark>()
  for (const row of dated) {
    const lane = row.stored ? (laneOf.get(row.name) ?? 0) : lanes
    const mark = { row, lane, x: scale.x(row.created) }
    const place = `${String(lane)} ${String(Math.floor(mark.x / COLUMN))}`
    const other = places.get(place)
    if (!other || weight(row, newest) >= weight(other.row, newest)) places.set(place, mark)
  }
  const marks = [...places.values()].sort((a, b) => a.x - b.x)
  return {
    scale,
    lanes,
    marks,
    links: linksOf(marks, rows),
    hidden: dated.length - marks.length,
    undated: rows.length - dated.length,
  }
}

function isDated({ created }: StatusRow, now: number): boolean {
  return created !== undefined && !isFuture(created, now)
}

function weight({ name, health, type }: StatusRow, newest: string | undefined): number {
  if (name === newest) return 3
  if (health !== 'ok' && health !== '-') return 2
  return type === 'full' ? 1 : 0
}

/** The stored snapshots that have the same first one, which needs none of the others. */
function chainsOf(rows: readonly Dated[]): readonly (readonly Dated[])[] {
  const chains = new Map<string, Dated[]>()
  const firstOf = new Map<string, string>()
  // a parent comes before its increments: inTimeOrder
  for (const row of rows.filter(({ stored }) => stored)) {
    const first = firstOf.get(row.parent) ?? row.name
    firstOf.set(row.name, first)
    const chain = chains.get(first)
    if (chain) chain.push(row)
    else chains.set(first, [row])
  }
  return [...chains.values()]
}

function packLanes(chains: readonly (readonly Dated[])[], { x }: TimeScale) {
  const laneOf = new Map<string, number>()
  const ends: number[] = []
  const spans = chains.map((rows) => {
    const places = rows.map(({ created }) => x(created))
    const reduce = (pick: (a: number, b: number) => number) => places.reduce((a, b) => pick(a, b))
    return { rows, begin: reduce(Math.min), end: reduce(Math.max) }
  })
  for (const { rows, begin, end } of spans.sort((a, b) => a.begin - b.begin)) {
    const free = ends.findIndex((last) => last + COLUMN <= begin)
    const full = ends.length < MOST_LANES ? ends.length : ends.indexOf(Math.min(...ends))
    const lane = free < 0 ? full : free
    ends[lane] = Math.max(end, ends[lane] ?? 0)
    for (const { name } of rows) laneOf.set(name, lane)
  }
  return { laneOf, lanes: ends.length }
}

/** To each mark from its parent, or from the nearest ancestor that is drawn. */
function linksOf(marks: readonly Mark[], rows: readonly StatusRow[]): Timeline['links'] {
  const drawn = new Map(marks.map((mark) => [mark.row.name, mark]))
  const parents = new Map(rows.filter(({ stored }) => stored).map((row) => [row.name, row.parent]))
  return marks.flatMap((to) => {
    const seen = new Set<string>()
    let name = parents.get(to.row.name) ?? ''
    while (name !== '' && !drawn.has(name) && !seen.has(name)) {
      seen.add(name)
      name = parents.get(name) ?? ''
    }
    const from = drawn.get(name)
    return from?.row.stored ? [{ from, to }] : []
  })
}
