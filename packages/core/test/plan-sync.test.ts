import t from 'tap'
import { SyncConflict, Z3Error } from '../src/index.js'
import { DATASET, failure } from './notation.js'
import { destination, showSync, source, sync, THERE } from './sync-notation.js'

const STEP = { stream: 'each' } as const
const MATCHING = { versions: 'matching', prefix: 'd' } as const
const HISTORY = { first: 'oldest' } as const
const ROLLBACK = { onLoss: 'rollback' } as const

void t.test('what is sent', (t) => {
  for (const [here, there, options, expected] of [
    // to nothing: the target in full
    ['@a', 'none', {}, '=@a'],
    ['@a @b @c', 'none', {}, '=@c'],
    ['@a @b @c', 'none', STEP, '=@c'],
    ['@d1 @x @d2 @y', 'none', MATCHING, '=@d2'],
    ['@a @b @c', 'none', { upTo: 'b' }, '=@b'],
    // or all, from the oldest that matches on
    ['@a @b @c', 'none', HISTORY, '=@a @a-I@c'],
    ['@a @b @c', 'none', { ...HISTORY, upTo: 'b' }, '=@a @a-I@b'],
    ['@a', 'none', HISTORY, '=@a'],
    ['@a @b @c', 'none', { ...HISTORY, ...STEP }, '=@a @a-i@b @b-i@c'],
    ['@x @d1 @y @d2', 'none', { ...HISTORY, prefix: 'd' }, '=@d1 @d1-I@d2'],
    ['@x @d1 @y @d2', 'none', { ...HISTORY, ...MATCHING }, '=@d1 @d1-i@d2'],
    ['@x @d1', 'none', { ...HISTORY, prefix: 'd', upTo: 'x' }, '=@x'],
    // there already
    ['@a', '@a', {}, 'ok'],
    ['@a @b', '@a @b', {}, 'ok'],
    ['@a @b', '@b', {}, 'ok'],
    ['@a @b', '@a @b', { upTo: 'a' }, 'ok'],
    ['@a @b', '@b!', {}, 'ok'],
    ['@a @b', '@b @x!', ROLLBACK, 'ok'],
    ['@a @b #c', '@b @c', { upTo: 'b' }, 'ok'],
    ['@d1 @x', '@d1', { prefix: 'd' }, 'ok'],
    ['@b%7', '@x%7', {}, 'ok'],
    // one stream for all
    ['@a @b', '@a', {}, '@a-I@b'],
    ['@a @b @c @d', '@a', {}, '@a-I@d'],
    ['@a @b @c @d', '@a @b', { upTo: 'c' }, '@b-I@c'],
    ['@d1 @x @d2 @y', '@d1', { prefix: 'd' }, '@d1-I@d2'],
    // a target that is named need not match
    ['@d1 @x @d2 @y', '@d1', { prefix: 'd', upTo: 'y' }, '@d1-I@y'],
    ['@d1 @x @d2 @y', '@d1', { ...MATCHING, upTo: 'y' }, '@d1-i@d2 @d2-i@y'],
    ['@x', 'none', { prefix: 'd', upTo: 'x' }, '=@x'],
    // one each
    ['@a @b @c', '@a', STEP, '@a-i@b @b-i@c'],
    ['@d1 @x @d2 @y', '@d1', { ...STEP, prefix: 'd' }, '@d1-i@x @x-i@d2'],
    ['@d1 @x @d2 @y @d3', '@d1', MATCHING, '@d1-i@d2 @d2-i@d3'],
    // what does not match is a base all the same
    ['@d1 @x @d2', '@d1 @x', MATCHING, '@x-i@d2'],
    ['@x @d2', '@x', MATCHING, '@x-i@d2'],
    // older ones are gone on either side, names have changed
    ['@b @c', '@a @b', {}, '@b-I@c'],
    ['@a @b @c', '@b', {}, '@b-I@c'],
    ['@a%7 @b', '@x%7', {}, '@a-I@b'],
    // from a bookmark: -I does not take one
    ['#a @b', '@a', {}, '#a-i@b'],
    ['#a @b @c @d', '@a', {}, '#a-i@b @b-I@d'],
    ['#a @b @c', '@a', STEP, '#a-i@b @b-i@c'],
    ['#d1 @x @d2 @d3', '@d1', MATCHING, '#d1-i@d2 @d2-i@d3'],
    ['#mark%7 @b', '@x%7', {}, '#mark-i@b'],
    ['@b #a%7 #b%7 @c', '@b%7', {}, '#a-i@c'],
    // of one snapshot: itself
    ['@a #a @b', '@a', {}, '@a-I@b'],
    ['#a @a @b', '@a', {}, '@a-I@b'],
    // the newest that is common, whichever it is
    ['@a #b @c', '@a @b', {}, '#b-i@c'],
    ['#a @b @c', '@a @b', {}, '@b-I@c'],
    ['#b @a #c @d', '@a @c', {}, '#c-i@d'],
    // bookmarks that are newer than the target, or not there
    ['@a @b #c', '@a', {}, '@a-I@b'],
    ['@a #x @b', '@a', {}, '@a-I@b'],
    // names of what is not sent do not matter
    ['@d1 @x%7 @d2', '@x%8 @d1', MATCHING, '@d1-i@d2'],
    // forced: only where that was asked for
    ['@a @b', '@a', ROLLBACK, '@a-I@b!'],
    ['@a @b', 'none', ROLLBACK, '=@b'],
    ['@a @b', '', ROLLBACK, '=@b!'],
    ['@a @b', '!', ROLLBACK, '=@b!'],
    ['@a @b', '', { ...ROLLBACK, ...HISTORY }, '=@a! @a-I@b!'],
    ['@a @b', '@a!', ROLLBACK, '(to @a) @a-I@b!'],
    ['@a @b', '@a @x', ROLLBACK, '(@x to @a) @a-I@b!'],
    ['#a @b @c', '@z @a @x @y!', ROLLBACK, '(@x @y to @a) #a-i@b! @b-I@c!'],
    ['@a @b @c', '@a @x', { ...ROLLBACK, ...STEP }, '(@x to @a) @a-i@b! @b-i@c!'],
    // a name that a rollback frees
    ['@a @b%8', '@a @b%7', ROLLBACK, '(first: @b to @a) @a-I@b!'],
    ['@a @b%8 @c', '@a @b%7', ROLLBACK, '(first: @b to @a) @a-I@c!'],
    ['@d1 @x%8 @d2', '@d1 @x%7', { ...ROLLBACK, ...MATCHING }, '(@x to @d1) @d1-i@d2!'],
    // ahead, and given up
    ['@a @b @c', '@a @c', { ...ROLLBACK, upTo: 'b' }, '(@c to @a) @a-I@b!'],
  ] as const) {
    t.equal(
      showSync(sync(here, there, options)),
      expected,
      `${here} | ${there} | ${JSON.stringify(options)}`,
    )
  }
  t.end()
})

void t.test('a plan names both sides in full', (t) => {
  const { snapshots, bookmarks } = source('@w #a%7 @b @c')
  const [, b, c] = snapshots
  const [x] = destination('@x%7').snapshots ?? []
  t.strictSame(sync('@w #a%7 @b @c', '@x%7'), {
    upTo: c,
    steps: [
      {
        name: 'pool/b@b',
        snapshot: b,
        base: bookmarks[0],
        between: false,
        force: false,
        targetBase: x,
      },
      {
        name: 'pool/b@c',
        snapshot: c,
        base: b,
        between: true,
        force: false,
        targetBase: b,
      },
    ],
    notes: [],
    upToDate: false,
    rollback: [],
    rollbackTo: undefined,
    rollbackFirst: false,
  })
  const { snapshots: there } = destination('@a @x @y')
  const { rollback, rollbackTo } = sync('@a @b', '@a @x @y', ROLLBACK)
  t.strictSame([rollbackTo, ...rollback], there)
  t.end()
})

void t.test('transaction groups are compared as numbers, exactly', (t) => {
  const { snapshots, bookmarks } = source('@a #m @c')
  const [a, c] = snapshots
  const [m] = bookmarks
  if (!a || !c || !m) throw new Error('not all there')
  for (const [ofA, ofM, ofC, expected] of [
    ['9', '10', '11', '#m-i@c'],
    ['9', '8', '11', '@a-I@c'],
    ['9007199254740992', '9007199254740993', '9007199254740994', '#m-i@c'],
    ['9007199254740993', '9007199254740992', '9007199254740994', '@a-I@c'],
    ['9007199254740991', '9007199254740993', '9007199254740992', '@a-I@c'],
  ] as const) {
    const plan = sync('', '@m @a!', {
      source: {
        dataset: DATASET,
        snapshots: [
          { ...a, createtxg: ofA },
          { ...c, createtxg: ofC },
        ],
        bookmarks: [{ ...m, createtxg: ofM }],
      },
      onLoss: 'rollback',
    })
    const shown = showSync({ ...plan, rollbackTo: undefined })
    t.equal(shown, `${expected}!`, `${ofA} ${ofM} ${ofC}`)
  }
  t.end()
})

void t.test('what the user should know', (t) => {
  for (const [here, there, options, expected] of [
    ['@a @b', '@a', {}, []],
    ['@a @b', '@a', ROLLBACK, []],
    [
      '@a',
      '@a @x',
      ROLLBACK,
      [
        "destination pool/b: 1 newer snapshot than 'pool/b@a' will be lost with the next stream: @x",
      ],
    ],
    ['@a', 'none', {}, ["'tank/a@a' is sent in full"]],
    ['@a @b', 'none', HISTORY, ["'tank/a@a' is sent in full"]],
    ['@a @b', 'none', {}, ["'tank/a@b' is sent in full, without the snapshot before it"]],
    [
      '@a @b @c',
      '',
      ROLLBACK,
      [
        'destination pool/b exists and has no snapshots; its contents will be lost',
        "'tank/a@c' is sent in full, without the 2 snapshots before it",
      ],
    ],
    ['@a @b%7', '@x%7', {}, ["'tank/a@b' is at the destination already, as 'pool/b@x'"]],
    [
      '@a @b',
      '@a @x!',
      ROLLBACK,
      [
        "destination pool/b: 1 newer snapshot than 'pool/b@a' will be lost: @x; and all later changes",
      ],
    ],
    [
      '@a @b',
      '@a @w @x @y @z',
      ROLLBACK,
      ["destination pool/b: 4 newer snapshots than 'pool/b@a' will be lost: @w, @x, @y, …"],
    ],
    [
      '@a @b',
      '@a!',
      ROLLBACK,
      ["destination pool/b was written to since 'pool/b@a'; these changes will be lost"],
    ],
  ] as const) {
    t.strictSame(
      sync(here, there, options).notes,
      expected,
      `${here} | ${there} | ${JSON.stringify(options)}`,
    )
  }
  t.end()
})

void t.test('no such snapshot', (t) => {
  for (const [here, options, error, hint] of [
    [
      '',
      { prefix: 'daily' },
      'no snapshots exist at source tank/a with SNAPSHOT_PREFIX="daily"',
      'Take a snapshot first.',
    ],
    [
      '@x #daily-1 @y',
      { prefix: 'daily' },
      'no snapshots exist at source tank/a with SNAPSHOT_PREFIX="daily"',
      "Existing prefixes: x 1, y 1; use --snapshot-prefix=x, or 'SNAPSHOT_PREFIX = x' in [fs:tank/a].",
    ],
    [
      '@daily-9 @daily-10 @x #daily-8',
      { upTo: 'daily-8' },
      'no such snapshot "tank/a@daily-8" at the source',
      "Did you mean 'tank/a@daily-9' or 'tank/a@daily-10'?",
    ],
    [
      '',
      { upTo: 'a' },
      'no such snapshot "tank/a@a" at the source',
      'Source tank/a has no snapshots.',
    ],
  ] as const) {
    t.strictSame(
      failure(() => sync(here, '@a', options)),
      { error: `no-such-snapshot: ${error}`, hint },
      `${here} | ${JSON.stringify(options)}`,
    )
  }
  t.end()
})

/** What a call conflicts with. */
function conflict(call: () => unknown): SyncConflict {
  try {
    call()
  } catch (error) {
    if (error instanceof SyncConflict) return error
    throw error
  }
  throw new Error('no conflict')
}

void t.test('conflicts', (t) => {
  for (const [here, there, options, kind, common, message, hint] of [
    [
      '@a @b',
      '@a @x @y',
      {},
      'diverged',
      'a',
      "destination pool/b has diverged since 'pool/b@a', the newest that it has in common with source tank/a: 2 newer snapshots there: @x, @y",
      'Send to another dataset, or discard these changes with --rollback.',
    ],
    // nothing to send, but nothing could be received later
    [
      '@a @b',
      '@a @b @x',
      {},
      'diverged',
      'b',
      "destination pool/b has diverged since 'pool/b@b', the newest that it has in common with source tank/a: 1 newer snapshot there: @x",
      'Send to another dataset, or discard these changes with --rollback.',
    ],
    [
      '#a%7 @b',
      '@w%7 @x!',
      {},
      'diverged',
      'w',
      "destination pool/b has diverged since 'pool/b@w', the newest that it has in common with source tank/a: 1 newer snapshot there: @x",
      'Send to another dataset, or discard these changes with --rollback.',
    ],
    [
      '@a @b%8',
      '@a @b%7',
      {},
      'diverged',
      'a',
      "destination pool/b has diverged since 'pool/b@a', the newest that it has in common with source tank/a: 1 newer snapshot there: @b; at the source, other snapshots have these names: @b",
      'Send to another dataset, or discard these changes with --rollback.',
    ],
    [
      '@a @b @c',
      '@a @x @c',
      { upTo: 'b' },
      'ahead',
      'a',
      "destination pool/b is ahead of 'tank/a@b', and builds on 'pool/b@a', the newest that it has in common with source tank/a up to that: 2 newer snapshots there: @x, @c",
      'Send a newer snapshot, or discard these changes with --rollback.',
    ],
    // gone at the source, which a bookmark remembers
    [
      '@a @b #c',
      '@a @c',
      {},
      'ahead',
      'a',
      "destination pool/b is ahead of 'tank/a@b', and builds on 'pool/b@a', the newest that it has in common with source tank/a up to that: 1 newer snapshot there: @c",
      'Send a newer snapshot, or discard these changes with --rollback.',
    ],
    [
      '@d1 @x',
      '@x',
      { prefix: 'd' },
      'ahead',
      undefined,
      "destination pool/b is ahead of 'tank/a@d1' of source tank/a, with nothing in common up to it: 1 newer snapshot there: @x",
      'Send a newer snapshot.',
    ],
    [
      '@d1 @x',
      '@x',
      { prefix: 'd', ...ROLLBACK },
      'ahead',
      undefined,
      "destination pool/b is ahead of 'tank/a@d1' of source tank/a, with nothing in common up to it: 1 newer snapshot there: @x",
      'Send a newer snapshot.',
    ],
    [
      '@a @b',
      '@z @a!',
      {},
      'modified',
      'a',
      "destination pool/b was written to since 'pool/b@a', the newest that it has in common with source tank/a",
      'Take a snapshot there and save it elsewhere, or discard these changes with --rollback.',
    ],
    [
      '@a',
      '',
      {},
      'not-empty',
      undefined,
      "destination pool/b exists and has no snapshots: 'tank/a@a' of source tank/a would replace its contents",
      'If the copy belongs below pool/b, name pool/b/a as the destination (--remote-dataset, or --dataset with --pull). Send to a dataset that does not exist yet, or discard these changes with --rollback.',
    ],
    [
      '@a',
      '!',
      HISTORY,
      'not-empty',
      undefined,
      "destination pool/b exists and has no snapshots: 'tank/a@a' of source tank/a would replace its contents",
      'If the copy belongs below pool/b, name pool/b/a as the destination (--remote-dataset, or --dataset with --pull). Send to a dataset that does not exist yet, or discard these changes with --rollback.',
    ],
    [
      '@a #b @c',
      '@x @y',
      {},
      'no-common',
      undefined,
      "destination pool/b has no snapshot in common with source tank/a; its newest is 'pool/b@y'",
      'If the copy belongs below pool/b, name pool/b/a as the destination (--remote-dataset, or --dataset with --pull). Send to a dataset that does not exist yet, or destroy the one at the destination by hand.',
    ],
    [
      '@a%1 @b%2',
      '@a%3 @x @b%4!',
      ROLLBACK,
      'no-common',
      undefined,
      "destination pool/b has no snapshot in common with source tank/a; its newest is 'pool/b@b'; other snapshots with the same names: @a, @b",
      'If the copy belongs below pool/b, name pool/b/a as the destination (--remote-dataset, or --dataset with --pull). Send to a dataset that does not exist yet, or destroy the one at the destination by hand.',
    ],
    // older than the common one: a rollback does not help, and is not offered
    [
      '@a @b%8 @c',
      '@b%7 @a @x',
      {},
      'name-reused',
      'a',
      "'pool/b@b' of the destination is another snapshot than 'tank/a@b' of the source: guid 7 there, 8 at the source; the newest in common is 'pool/b@a'",
      'Rename or destroy one of the two.',
    ],
    [
      '#a%6 @b%8 @c',
      '@b%7 @c%6!',
      ROLLBACK,
      'name-reused',
      'c',
      "'pool/b@b' of the destination is another snapshot than 'tank/a@b' of the source: guid 7 there, 8 at the source; the newest in common is 'pool/b@c'",
      'Rename or destroy one of the two.',
    ],
    // the common one itself has a name that is to come
    [
      '@a%1 @b%2',
      '@b%1',
      {},
      'name-reused',
      'b',
      "'pool/b@b' of the destination is another snapshot than 'tank/a@b' of the source: guid 1 there, 2 at the source; the newest in common is 'pool/b@b'",
      'Rename or destroy one of the two.',
    ],
  ] as const) {
    const name = `${here} | ${there} | ${JSON.stringify(options)}`
    const found = conflict(() => sync(here, there, options))
    t.equal(found.kind, kind, name)
    t.equal(found.message, message, name)
    t.equal(found.hint, hint, name)
    t.equal(found.exitStatus, 3, name)
    t.equal(found.common?.snapshot, common, name)
    t.strictSame(found.source, source(here).snapshots, name)
    t.strictSame(found.destination, destination(there).snapshots, name)
  }
  t.end()
})

void t.test('a conflict is told by its code, too', (t) => {
  for (const [here, there, code] of [
    ['@a @b', '@a @x', 'destination-diverged'],
    ['@a @b #c', '@a @c', 'destination-ahead'],
    ['@a @b', '@a!', 'destination-modified'],
    ['@a', '', 'dataset-exists'],
    ['@a', '@x', 'no-common-snapshot'],
    ['@a%1 @b%2', '@b%1', 'snapshot-conflict'],
  ] as const) {
    const found = conflict(() => sync(here, there))
    t.equal(found.code, code)
    t.type(found, Z3Error)
  }
  t.end()
})

void t.test('a name that is too long at the destination', (t) => {
  // also of what is only passed on the way
  const long = 'x'.repeat(255 - THERE.length)
  t.match(
    failure(() => sync(`@a @${long} @c`, '@a')),
    { error: /^invalid-name: .*longer than 255/ },
  )
  t.equal(showSync(sync(`@a @${long.slice(1)} @c`, '@a')), '@a-I@c')
  t.end()
})

void t.test('10,000 long', (t) => {
  const names = Array.from({ length: 10_000 }, (_, i) => `d${String(i)}`)
  const all = names.map((name) => `@${name}`).join(' ')
  const marks = names.map((name) => `#${name}`).join(' ')
  t.equal(showSync(sync(all, '@d0')), '@d0-I@d9999')
  const steps = sync(`${marks} ${all}`, '@d0', MATCHING).steps
  t.equal(steps.length, 9_999)
  t.equal(steps.at(-1)?.name, 'pool/b@d9999')
  t.equal(showSync(sync(`${all} @e`, all, ROLLBACK)), '@d9999-I@e!', 'the same at the destination')
  t.equal(sync(all, 'none', { ...HISTORY, ...STEP }).steps.length, 10_000)
  const others = all.replaceAll('@d', '@x')
  t.equal(conflict(() => sync(all, others)).kind, 'no-common')
  const { rollback } = sync('@a @b', `@a ${all}`, ROLLBACK)
  t.equal(rollback.length, 10_000)
  t.equal(conflict(() => sync(`@a ${all}`, `@a ${others} @d5%1`)).kind, 'diverged')
  t.end()
})

void t.test('what is replaced only by a word of its own', (t) => {
  const there = (dataset: string, hasChildren = false) => ({
    destination: { ...destination(''), dataset, hasChildren },
  })
  for (const [what, request, message] of [
    ['a root', there('pool'), /pool exists, is the root of its pool, and has/],
    ['children', there('pool/b', true), /exists, has datasets below it, and/],
  ] as const) {
    const plan = (more: object) => () => sync('@a', '', { ...request, ...more })
    const refused = conflict(plan(ROLLBACK))
    t.equal(refused.kind, 'not-empty', what)
    t.match(refused.message, message)
    t.match(refused.hint, /or replace it with --force-replace\.$/)
    t.equal(conflict(plan({ replace: true })).kind, 'not-empty', 'alone')
    t.equal(showSync(plan({ onLoss: 'replace' })()), '=@a!')
  }
  t.end()
})

void t.test('a hint for who means the dataset below', (t) => {
  for (const [from, to, below] of [
    ['tank/x', 'pool/b', 'pool/b/x'],
    ['tank/x/y', 'pool', 'pool/x/y'],
    ['tank/x', 'pool/x', undefined],
    ['tank/x', 'x', undefined],
    ['tank', 'pool/b', undefined],
  ] as const) {
    for (const snapshots of ['', '@z%99']) {
      const { hint = '' } = conflict(() =>
        sync('@a', '', {
          source: { ...source('@a'), dataset: from },
          destination: { ...destination(snapshots), dataset: to },
        }),
      )
      const first = `If the copy belongs below ${to}, name ${String(below)} as`
      t.equal(hint.startsWith(first), below !== undefined, `${from} ${to}`)
    }
  }
  t.end()
})
