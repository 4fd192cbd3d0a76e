import t from 'tap'
import { chainOf, checkHealth, storedByName } from '../src/index.js'
import { DATASET, longChain, showHealth, stored } from './notation.js'

void t.test('health', (t) => {
  for (const [remote, expected] of [
    ['', ''],
    ['@a=full', 'a ok'],
    ['@b<a @a=full', 'a ok, b ok'],
    ['@b<a', 'b missing parent'],
    ['@b<a @c<b @d<c', 'b missing parent, c parent broken, d parent broken'],
    ['@a=full @c<b', 'a ok, c missing parent'],
    ['@a<a', 'a cycle detected'],
    ['@a<b @b<a', 'a cycle detected, b cycle detected'],
    // what leads into a cycle is of its kind, as in z3
    [
      '@d<c @a<b @b<a @c<b',
      'a cycle detected, b cycle detected, c cycle detected, d cycle detected',
    ],
    ['@a#7=full @b<a#7', 'a ok, b ok'],
    ['@a#8=full @b<a#7 @c<b', 'a ok, b parent replaced, c parent broken'],
    // a guid on one side only tells nothing
    ['@a=full! @b<a#7 @c<b!', 'a ok, b ok, c ok'],
    ['@a=full? @b<a @c<b', 'a bad metadata, b parent broken, c parent broken'],
    ['@a=full @b<a? @c=full', 'a ok, b bad metadata, c ok'],
    ['@a=full @b<a?? @c<b @d=full', 'a ok, b unreadable, c parent broken, d ok'],
    // a link that is not believed closes no cycle
    ['@a<b? @b<a', 'a bad metadata, b parent broken'],
    ['@a=full @b<a @c<a @d=full', 'a ok, b ok, c ok, d ok'],
  ] as const) {
    t.equal(showHealth(checkHealth(stored(remote))), expected, remote)
    t.equal(
      showHealth(checkHealth(stored(remote).reverse())),
      expected,
      `${remote}, the other way round`,
    )
  }
  t.end()
})

void t.test('a chain is of one dataset only', (t) => {
  const [other] = stored('@a=full')
  const [child] = stored('@b<a')
  if (!other || !child) throw new Error('the notation is broken')
  const health = checkHealth([{ ...other, dataset: 'tank/b' }, child])
  t.equal(health.get('tank/a@b'), 'missing parent')
  t.equal(health.get('tank/b@a'), 'ok')
  t.end()
})

void t.test('10,000 long, in any order, without a stack', (t) => {
  const sound = stored(longChain(10_000).stored)
  const broken = sound.slice(1)
  const closed = stored(longChain(10_000).stored.replace('=full', '<d9999'))
  for (const reverse of [false, true]) {
    const turn = (all: typeof sound): typeof sound => (reverse ? all.toReversed() : all)
    t.strictSame(new Set(checkHealth(turn(sound)).values()), new Set(['ok']))
    const health = checkHealth(turn(broken))
    t.equal(health.get(`${DATASET}@d1`), 'missing parent')
    t.equal(health.get(`${DATASET}@d9999`), 'parent broken')
    t.strictSame(new Set(checkHealth(turn(closed)).values()), new Set(['cycle detected']))
  }
  t.end()
})

void t.test('each snapshot is looked at a fixed number of times', (t) => {
  const counted = (count: number): number => {
    let looks = 0
    const all = stored(longChain(count).stored).map((object) => ({
      ...object,
      get parent() {
        looks++
        return object.parent
      },
    }))
    checkHealth(all.reverse())
    return looks
  }
  const few = counted(100)
  t.ok(few >= 100, 'the count counts')
  t.ok(counted(1000) < few * 11, 'ten times as many, ten times the looks')
  t.end()
})

void t.test('chainOf', (t) => {
  for (const [remote, target, expected] of [
    ['@a=full', 'a', 'a'],
    ['@c<b @a=full @b<a @d<c', 'c', 'a b c'],
    ['@a=full @b=full @c<b', 'c', 'b c'],
    // of what is broken, what there is
    ['@b<a @c<b', 'c', 'b c'],
    ['@a<b @b<a', 'a', 'b a'],
    ['@a<a', 'a', 'a'],
  ] as const) {
    const byName = storedByName(stored(remote))
    const object = byName.get(`${DATASET}@${target}`)
    if (!object) throw new Error(`no ${target} in ${remote}`)
    const chain = chainOf(object, byName)
    t.equal(chain.map(({ snapshot }) => snapshot).join(' '), expected, remote)
  }
  const long = storedByName(stored(longChain(10_000).stored))
  const last = long.get(`${DATASET}@d9999`)
  t.equal(last && chainOf(last, long).length, 10_000)
  t.end()
})
