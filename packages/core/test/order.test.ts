import t from 'tap'
import { checkHealth, creationOf, inTimeOrder, newestHealthy, type Row } from '../src/index.js'
import { local, longChain, stored } from './notation.js'

function rows(here: string, there: string): readonly Row[] {
  const locals = local(here)
  const objects = stored(there)
  const names = [...locals, ...objects].map(({ snapshot }) => snapshot)
  return Array.from(new Set(names), (name) => ({
    local: locals.find(({ snapshot }) => snapshot === name),
    stored: objects.find(({ snapshot }) => snapshot === name),
  }))
}

const show = (sorted: readonly Row[]): string =>
  sorted.map(({ stored, local }) => (stored ?? local)?.snapshot).join(' ')

void t.test('inTimeOrder', (t) => {
  for (const [here, there, expected] of [
    ['', '', ''],
    // createtxg decides, not the clock
    ['@b @a', '', 'b a'],
    ['@d90 @d5', '', 'd90 d5'],
    ['@d90 @d5', '@d90=full @d5<d90', 'd90 d5'],
    ['@d90 @d5', '@d90=full @d5=full', 'd90 d5'],
    ['@d90 @d5', '@d90=full! @d7=full', 'd7 d90 d5'],
    // of what is gone here, the parent is the older one
    ['', '@d90=full @d5<d90', 'd90 d5'],
    ['', '@d90=full @d5<d90 @d50=full @d95=full', 'd50 d90 d5 d95'],
    ['@d9', '@d90=full @d5<d90', 'd9 d90 d5'],
    // a namesake of this host says nothing about what is stored
    ['@d90#1 @d5#2', '@d90#3=full @d5#4=full', 'd5 d90'],
    ['@d5 @d40', '@d9=full', 'd5 d9 d40'],
    // legacy: this host knows when it was taken, else the upload counts
    ['@d5 @d40', '@d40=full! @d9=full', 'd5 d9 d40'],
    ['@d5', '@d40=full! @d9=full', 'd5 d9 d40'],
    ['@d2000', '@d1=full!', 'd1 d2000'],
    // of the same time: what is built upon first, what is here alone last
    ['@z7 @b7', '@x7=full @a7<x7 @y7<a7', 'x7 a7 y7 z7 b7'],
    ['', '@c7=full @b7=full @a7=full', 'a7 b7 c7'],
    ['', '@a7<b7 @b7<a7', 'a7 b7'],
  ] as const) {
    const all = rows(here, there)
    t.equal(show(inTimeOrder(all)), expected, `${here} | ${there}`)
    t.equal(show(inTimeOrder(all.toReversed())), expected, 'from any order')
  }
  t.end()
})

void t.test('creationOf', (t) => {
  const [here] = local('@d30#7')
  const [there] = stored('@d30#7=full')
  const untimed = there && { ...there, created: undefined }
  const other = untimed && { ...untimed, guid: '8' }
  for (const [row, expected] of [
    [{ local: here, stored: there && { ...there, created: 5 } }, 5],
    [{ local: here, stored: untimed }, 30],
    // a namesake does not know it
    [{ local: here, stored: other }, 1030],
    [{ local: undefined, stored: untimed }, 1030],
    [{ local: here, stored: undefined }, 30],
    [{ local: undefined, stored: undefined }, undefined],
  ] as const) {
    t.equal(creationOf(row), expected)
  }
  t.end()
})

void t.test('of unknown time: first, 10,000 by their chain', (t) => {
  const timeless = stored(longChain(10_000).stored).map((object) => ({
    stored: { ...object, created: undefined, uploaded: undefined },
    local: undefined,
  }))
  const [now] = rows('', '@d1=full')
  if (!now) throw new Error('no row')
  const sorted = inTimeOrder([now, ...timeless.toReversed()])
  t.strictSame(sorted.slice(0, -1), timeless)
  t.equal(sorted.at(-1), now)
  t.end()
})

void t.test('newestHealthy', (t) => {
  for (const [remote, expected] of [
    ['', undefined],
    ['@b<a', undefined],
    ['@b<a @a=full', 'b'],
    ['@a=full @c<b @d<c', 'a'],
    ['@d9=full @d10=full', 'd10'],
    // taken after the clock was set back
    ['@d90=full @d5<d90', 'd5'],
    ['@d90=full @d5<d90 @d6<d5 @d7<d9', 'd6'],
  ] as const) {
    const all = stored(remote)
    const newest = newestHealthy(all, checkHealth(all))
    t.equal(newest?.snapshot, expected, remote)
  }
  // no snapshot is younger than its object: that clock was wrong
  const [ahead, later] = stored('@d2000=full @d1500=full')
  const all = [
    ...(ahead ? [{ ...ahead, uploaded: 1400 }] : []),
    ...(later ? [{ ...later, uploaded: 1501 }] : []),
  ]
  t.equal(newestHealthy(all, checkHealth(all))?.snapshot, 'd1500')
  t.end()
})
