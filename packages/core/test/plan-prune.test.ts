import t from 'tap'
import {
  checkPrune,
  parseSchedule,
  planPrune,
  type PruneEntry,
  type PrunePlan,
} from '../src/index.js'
import { failure, longChain, stored } from './notation.js'

const HOUR = 3600

interface Options {
  readonly prefix?: string
  readonly now?: number
  readonly respectMinimum?: boolean
}

const plan = (there: string, schedule: string, options: Options = {}): PrunePlan =>
  planPrune({
    stored: stored(there),
    schedule: parseSchedule(schedule),
    prefix: options.prefix ?? '',
    now: options.now ?? 10_000,
    respectMinimum: options.respectMinimum ?? false,
  })

const why = ({ reasons }: PruneEntry): string =>
  reasons
    .map((reason) => {
      if (reason.kind === 'rule') return reason.rule.text
      if (reason.kind === 'parent') return `<${reason.of.replace('tank/a@', '')}`
      return reason.kind === 'not understood' ? `?${reason.why.replaceAll(' ', '_')}` : reason.kind
    })
    .join('+')

/** `a:last b:- c:newest`, the oldest first; `-` is deleted. */
const show = ({ keep, delete: gone }: PrunePlan): string =>
  [...keep, ...gone]
    .sort((a, b) => a.place - b.place)
    .map((entry) => `${entry.object.snapshot}:${why(entry) || '-'}`)
    .join(' ')

void t.test('what is kept, and why', (t) => {
  for (const [there, schedule, options, expected] of [
    ['@a=full', '0', {}, 'a:newest'],
    ['@a=full @b=full', '0', {}, 'a:- b:newest'],
    ['@a=full @b=full @c=full', '2', {}, 'a:- b:last c:last+newest'],
    // nothing that a kept one builds on
    ['@a=full @b<a @c<b', '0', {}, 'a:<c b:<c c:newest'],
    ['@a=full @b<a @c<a @d<a', '0', {}, 'a:<d b:- c:- d:newest'],
    ['@a=full @b<a @c<b @d=full', '0', {}, 'a:- b:- c:- d:newest'],
    // the oldest of a block
    ['@h1=full @h2<h1 @h3600<h1 @h3601<h3600', '1h1d', {}, 'h1:1h1d h2:- h3600:1h1d h3601:newest'],
    // an unhealthy one has no part in it: it neither goes nor takes a block
    ['@a=full? @b=full @c=full', '0', {}, 'a:?size_is_not_a_number_of_bytes b:- c:newest'],
    ['@a<x @b=full @c=full', '1h1d', {}, 'a:?missing_parent b:1h1d c:newest'],
    ['@b=full @c<b? @d=full', '0', {}, 'b:<c c:?size_is_not_a_number_of_bytes d:newest'],
    ['@a=full @b=full @z<x', '0', {}, 'a:- b:newest z:?missing_parent'],
    ['@a<b @b<a @c=full', '0', {}, 'a:?cycle_detected b:?cycle_detected c:newest'],
    // other prefixes, and what they build on
    ['@a=full @x1<a @b=full @c=full', '0', { prefix: 'x' }, 'a:name x1:newest b:name c:name'],
    ['@x1=full @x2=full @y1<x1', '0', { prefix: 'x' }, 'x1:<y1 x2:newest y1:name'],
    // a snapshot that is stored twice counts once
    ['@a=full @b<a @b.full=full @c<b.full', '2', {}, 'a:<b b.full:last b:last c:last+newest'],
    ['@a=full @b=full @b.full=full @c=full', '0', {}, 'a:- b:- b.full:- c:newest'],
    // legacy: the upload is the time
    ['@a=full! @b=full!', '1h1d', {}, 'a:1h1d b:newest'],
    // of the future
    ['@a=full @z=full', '0', { now: 100 }, 'a:- z:future+newest'],
  ] as const) {
    const shown = show(plan(there, schedule, options))
      .split(' ')
      .sort()
    t.strictSame(shown, expected.split(' ').sort(), `${there} ${schedule}`)
  }
  t.end()
})

void t.test('children come before parents', (t) => {
  const { delete: gone } = plan('@a=full @b<a @c<b @d=full', '0')
  const deepest = [...gone].sort((a, b) => b.depth - a.depth)
  t.strictSame(
    deepest.map(({ object }) => object.snapshot),
    ['c', 'b', 'a'],
  )
  t.end()
})

void t.test('a chain of 20,000 takes no stack and no time', (t) => {
  const { keep, delete: gone } = plan(`${longChain(20_000).stored} @e30000=full`, '0', {
    now: 1e6,
  })
  t.equal(keep.length, 1)
  t.equal(gone.length, 20_000)
  t.equal(plan(longChain(20_000).stored, '0', { now: 1e6 }).delete.length, 0)
  t.end()
})

void t.test('early deletion, by the minimum days of the storage class', (t) => {
  const day = 86_400
  for (const [storageClass, age, days] of [
    ['STANDARD_IA', 1, 29],
    ['STANDARD_IA', 29.5, 1],
    ['STANDARD_IA', 30, undefined],
    ['ONEZONE_IA', 0, 30],
    ['GLACIER_IR', 10, 80],
    ['GLACIER', 10, 80],
    ['DEEP_ARCHIVE', 179, 1],
    ['DEEP_ARCHIVE', -5, 180],
    ['STANDARD', 0, undefined],
    ['constructor', 0, undefined],
    [undefined, 0, undefined],
  ] as const) {
    const now = 1e9
    const objects = stored('@a=full @b=full').map((one) => ({
      ...one,
      bytes: 7,
      uploaded: now - age * day,
      ...(storageClass === undefined ? {} : { storageClass }),
    }))
    const request = { stored: objects, schedule: parseSchedule('0'), prefix: '', now }
    const gone = planPrune({ ...request, respectMinimum: false }).delete
    t.equal(gone.length, 1)
    t.equal(gone[0]?.early?.days, days, `${String(storageClass)} ${String(age)}`)
    t.equal(gone[0]?.early?.byteDays, days === undefined ? undefined : days * 7)
    const waits = planPrune({ ...request, respectMinimum: true })
    t.equal(waits.delete.length, days === undefined ? 1 : 0)
  }
  t.end()
})

void t.test('what waits keeps its parents', (t) => {
  const now = 1e9
  const objects = stored('@a=full @b<a @c=full').map((one) => ({
    ...one,
    uploaded: now - (one.snapshot === 'a' ? 40 : 1) * 86_400,
    storageClass: 'STANDARD_IA',
  }))
  const schedule = parseSchedule('0')
  const request = { stored: objects, schedule, prefix: '', now, respectMinimum: true }
  t.equal(show(planPrune(request)), 'a:<b b:minimum c:newest')
  t.end()
})

void t.test('a plan that is not to be trusted', (t) => {
  const names = (count: number) =>
    Array.from({ length: count }, (_, i) => `@d${String(i)}=full`).join(' ')
  const check = (
    there: string,
    schedule: string,
    guards: { force?: boolean; now?: number } = {},
  ) => {
    const { force = false, now = 1e6 } = guards
    checkPrune(plan(there, schedule, { now }), stored(there), { maxPercent: 50, force, now })
  }
  check(names(11), '0')
  check(names(40), '20')
  t.match(
    failure(() => {
      check(names(12), '0')
    }).error,
    /^too-many-deletions: .* 11 of 12 objects/,
  )
  check(names(12), '0', { force: true })
  t.match(
    failure(() => {
      check(names(40), '19')
    }).error,
    /^too-many-deletions: /,
  )
  const later = { now: 5 * HOUR }
  check(`@d1=full @d${String(6 * HOUR)}=full`, '0', later)
  const future = `@d1=full @d2=full @d${String(6 * HOUR + 1)}=full`
  t.match(
    failure(() => {
      check(future, '0', later)
    }).error,
    /^clock-skew: .* 1970-01-01T06:00:01/,
  )
  check(future, '0', { ...later, force: true })
  // whatever is forced: its parent may be any other
  for (const force of [false, true]) {
    const { error } = failure(() => {
      check('@a=full @b=full @c=full??', '0', { force })
    })
    t.match(error, /^broken-chain: tank\/a@c cannot be read/)
    for (const [changed, message] of [
      [
        { parent: undefined, problem: 'neither isfull nor parent', isParentUnknown: true },
        /^broken-chain: tank\/a@c: neither isfull nor parent: the object that it builds on is not known/,
      ],
      [
        { parent: 'tank/b@b' },
        /^broken-chain: tank\/a@c builds on 'tank\/b@b', of another dataset/,
      ],
    ] as const) {
      const objects = stored('@a=full @b<a @c<b @n=full').map((one) =>
        one.snapshot === 'c' ? { ...one, ...changed } : one,
      )
      const request = { stored: objects, schedule: parseSchedule('0'), prefix: '' }
      const made = planPrune({ ...request, now: 1e6, respectMinimum: false })
      t.ok(made.delete.length > 0, 'or nothing is refused')
      const refused = failure(() => {
        checkPrune(made, objects, { maxPercent: 50, force, now: 1e6 })
      })
      t.match(refused.error, message)
    }
  }
  t.end()
})
