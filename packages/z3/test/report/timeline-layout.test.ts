import type { StatusRow } from '@z3/core'
import t from 'tap'
import { layOut } from '../../src/report/chart/timeline-layout.js'
import { timeScale, WIDTH } from '../../src/report/chart/time-scale.js'

const NOW = 1_800_000_000
const DAY = 86_400

/** A stored snapshot so many days before now. */
const row = (name: string, days: number | undefined, parent = '', more: Partial<StatusRow> = {}) =>
  ({
    ...{ name, parent, health: 'ok', localState: 'ok', size: '', local: undefined },
    type: parent === '' ? 'full' : 'incremental',
    created: days === undefined ? undefined : NOW - days * DAY,
    stored: { snapshot: name },
    ...more,
  }) as StatusRow

const local = (name: string, days: number) =>
  row(name, days, '-', { stored: undefined, health: '-' })

void t.test('chains one after another share a lane, chains at once do not', (t) => {
  const rows = [
    ...[row('a', 40), row('a1', 35, 'a'), row('a2', 30, 'a1')],
    ...[row('b', 20), row('b1', 10, 'b')],
    ...[row('c', 15), row('c1', 5, 'c')],
    local('new', 1),
  ]
  const { marks, lanes, links } = layOut(rows, 'c1', NOW)
  const laneOf = Object.fromEntries(marks.map(({ row, lane }) => [row.name, lane]))
  t.equal(lanes, 2)
  t.strictSame(laneOf, { a: 0, a1: 0, a2: 0, b: 0, b1: 0, c: 1, c1: 1, new: 2 })
  const linked = links.map(({ from, to }) => `${from.row.name} ${to.row.name}`)
  t.strictSame(linked.sort(), ['a a1', 'a1 a2', 'b b1', 'c c1'])
  t.end()
})

void t.test('a thousand snapshots', (t) => {
  const rows = Array.from({ length: 1000 }, (_, i) =>
    row(`s${String(i)}`, (1000 - i) / 4, i === 0 ? '' : `s${String(i - 1)}`, {
      ...(i === 517 && { health: 'damaged' }),
    }),
  )
  const { marks, hidden, links } = layOut(rows, 's999', NOW)
  t.ok(marks.length <= WIDTH / 10)
  t.equal(marks.length + hidden, 1000)
  const drawn = marks.map(({ row }) => row.name)
  t.ok(
    ['s0', 's517', 's999'].every((name) => drawn.includes(name)),
    'the first, the bad, the newest',
  )
  t.equal(links.length, marks.length - 1, 'each is linked to the nearest drawn ancestor')
  t.end()
})

void t.test('chains that lead in circles or nowhere, and times that are none', (t) => {
  const rows = [
    row('x', 3, 'y', { health: 'cycle detected' }),
    row('y', 2, 'x', { health: 'cycle detected' }),
    row('z', 1, 'gone', { health: 'missing parent' }),
    row('old', undefined),
    row('future', -400),
  ]
  const { marks, undated, links } = layOut(rows, undefined, NOW)
  t.strictSame(marks.map(({ row }) => row.name).sort(), ['x', 'y', 'z'])
  t.equal(undated, 2)
  t.equal(links.length, 2)
  t.strictSame(layOut([], undefined, NOW).marks, [])
  t.end()
})

void t.test('ticks', (t) => {
  const labels = (days: number) =>
    timeScale([NOW - days * DAY], NOW).ticks.map(({ label }) => label)
  t.match(labels(0.5), [/^\d\d-\d\d \d\d:00$/])
  t.match(labels(60), [/^\d{4}-\d\d-\d\d$/])
  for (const days of [0, 0.1, 1, 30, 1000, 20_000, 1e8]) {
    const { ticks, x } = timeScale([NOW - days * DAY], NOW)
    t.ok(ticks.length <= 8, `${String(days)} days`)
    t.ok([...ticks.map((tick) => tick.x), x(NOW)].every((at) => at >= 0 && at <= WIDTH))
  }
  t.end()
})
