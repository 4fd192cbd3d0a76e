import t from 'tap'
import { planRestore, type RestorePlan } from '../src/index.js'
import { DATASET, failure, local, longChain, showRestore, stored } from './notation.js'

interface Options {
  readonly into?: string
  readonly force?: boolean
  readonly modified?: boolean
}

/** `here` undefined: there is no dataset to receive into. */
function plan(
  there: string,
  upTo: string,
  here?: string,
  { into = DATASET, force = false, modified = false }: Options = {},
): RestorePlan {
  return planRestore({
    stored: stored(there),
    upTo,
    dataset: DATASET,
    into,
    local: here === undefined ? undefined : local(here, into),
    modified,
    onLoss: force ? 'replace' : 'refuse',
  })
}

const FORCE = { force: true }

void t.test('what is received', (t) => {
  for (const [there, upTo, here, options, expected] of [
    // into nothing: from the full one on
    ['@a=full', 'a', undefined, {}, '@a'],
    ['@a=full @b<a @c<b', 'c', undefined, {}, '@a @b @c'],
    ['@c<b @b<a @a=full', 'b', undefined, {}, '@a @b'],
    ['@a=full @b=full @c<b', 'c', undefined, {}, '@b @c'],
    // from the newest that is here on
    ['@a=full @b<a @c<b', 'c', '@a', {}, '@b @c'],
    ['@a=full @b<a @c<b', 'c', '@a @b', {}, '@c'],
    // what is here but not in the chain is no base, nor in the way
    ['@a=full @b<a', 'b', '@x @a', {}, '@b'],
    // here already
    ['@a=full @b<a', 'b', '@a @b', {}, '-'],
    ['@a=full @b<a', 'a', '@a @b', { modified: true }, '-'],
    ['@b<a', 'b', '@b', FORCE, '-'],
    ['@b<a?', 'b', '@b', {}, '-'],
    // the guid tells, whatever the name
    ['@a=full @b#7<a', 'b', '@x#7', {}, '-'],
    ['@a#7=full @b<a', 'b', '@x#7', {}, '@b'],
    // legacy: the name must do
    ['@a=full! @b<a!', 'b', '@a#7', {}, '@b'],
    ['@a=full! @b<a!', 'b', '@b#7', {}, '-'],
    // a legacy parent of one that knows its guid
    ['@a=full! @b<a#7', 'b', '@a#7', {}, '@b'],
    // a parent that cannot be read, and is here by its guid
    ['@a=full?? @b<a', 'b', '@a', {}, '@b'],
    // only the links down to the base must be sound
    ['@b<a @c<b', 'c', '@b', {}, '@c'],
    ['@c<b', 'c', '@b', {}, '@c'],
    ['@c<b!', 'c', '@b', {}, '@c'],
    ['@a<b @b<a @c<b', 'c', '@b', {}, '@c'],
    ['@b=full? @c<b', 'c', '@b', {}, '@c'],
    ['@b#8=full @c<b#7', 'c', '@b#7', {}, '@c'],
    // a full twin: all in one where nothing is here, or the chain is broken
    ['@a=full @b<a @b.full=full', 'b', undefined, {}, '@b.full'],
    ['@a=full @b<a @b.full=full', 'b', '@a', {}, '@b'],
    ['@b<a @b.full=full', 'b', undefined, {}, '@b.full'],
    ['@b.full=full', 'b', undefined, {}, '@b.full'],
    ['@a=full @b<a @b.full=full?', 'b', undefined, {}, '@a @b'],
    ['@a=full @b<a @b.full=full @c<b.full', 'c', undefined, {}, '@b.full @c'],
    ['@a=full @b<a @b.full=full @c<b.full', 'c', '@a @b', {}, '@c'],
    ['@a=full @b<a @b.full=full', 'b', '@b', {}, '-'],
    ['@a=full @b<a @b.full=full', 'b.full', undefined, {}, '@b.full'],
    ['@a=full @b<a @b.full=full', 'b.full', '@b', {}, '-'],
    // elsewhere
    ['@a=full @b<a', 'b', undefined, { into: 'pool/x' }, '@a @b'],
    ['@a=full @b<a', 'b', '@a', { into: 'pool/x' }, '@b'],
    ['@a=full! @b<a!', 'b', '@a', { into: 'pool/x' }, '@b'],
    // forced
    ['@a=full @b<a @c<b', 'c', '@a @x', FORCE, '@b! @c!'],
    ['@a=full @b<a', 'b', '@a', { ...FORCE, modified: true }, '@b!'],
    ['@a=full @b<a', 'b', '', FORCE, '@a! @b!'],
    ['@a=full @b<a', 'b', undefined, FORCE, '@a @b!'],
    ['@a=full @b<a', 'b', '@x', FORCE, 'replaces: @a @b!'],
    // replaced: names that are taken do not matter
    ['@a=full @b<a', 'b', '@b#7', FORCE, 'replaces: @a @b!'],
  ] as const) {
    t.equal(
      showRestore(plan(there, upTo, here, options)),
      expected,
      `${there} | ${upTo} | ${here ?? 'none'} | ${JSON.stringify(options)}`,
    )
  }
  t.end()
})

void t.test('a step names what is received', (t) => {
  const [a, b] = stored('@a=full @b<a')
  t.strictSame(plan('@a=full @b<a', 'b', undefined, { into: 'pool/x y' }), {
    steps: [
      { object: a, name: 'pool/x y@a', force: false },
      { object: b, name: 'pool/x y@b', force: false },
    ],
    notes: [],
    replaces: false,
  })
  t.end()
})

void t.test('what is lost is told', (t) => {
  for (const [there, upTo, here, options, expected] of [
    ['@a=full @b<a', 'b', '@a', FORCE, []],
    ['@a=full @b<a', 'b', undefined, FORCE, []],
    [
      '@a=full @b<a',
      'b',
      '@a @x',
      FORCE,
      ["tank/a: 1 snapshot newer than 'tank/a@a' will be lost: @x"],
    ],
    [
      '@a=full @b<a',
      'b',
      '@a',
      { ...FORCE, modified: true },
      ["tank/a was changed since 'tank/a@a'; these changes will be lost"],
    ],
    ['@a=full', 'a', '', FORCE, ['tank/a exists and has no snapshots; its contents will be lost']],
    [
      '@a=full',
      'a',
      '@x @y',
      FORCE,
      [
        "tank/a has nothing that 'tank/a@a' builds on; its 2 snapshots, the newest 'tank/a@y', will be put aside",
      ],
    ],
    ['@a#7=full', 'a', '@x#7', {}, ["'tank/a@x' is here already: nothing to receive"]],
    // to go back is zfs rollback's job
    ...[{}, FORCE].flatMap(
      (options) =>
        [
          [
            '@a=full',
            'a',
            '@a @x @y',
            options,
            [
              "'tank/a@a' is here already: nothing to receive; tank/a has 2 snapshots newer than it (@x, @y), which 'zfs rollback -r tank/a@a' would destroy to go back to it",
            ],
          ],
          [
            '@a=full',
            'a',
            '@a',
            { ...options, modified: true },
            [
              "'tank/a@a' is here already: nothing to receive; tank/a was changed since, which 'zfs rollback tank/a@a' would destroy to go back to it",
            ],
          ],
        ] as const,
    ),
  ] as const) {
    const { notes } = plan(there, upTo, here, options)
    t.strictSame(notes, expected, `${there} | ${here ?? 'none'}`)
  }
  t.end()
})

void t.test('errors', (t) => {
  const elsewhere =
    'Rename or destroy the local snapshot, or restore into another dataset with --into.'
  const giveUp = 'Restore into another dataset with --into, or discard the changes with --force.'
  const replace = 'Restore into another dataset with --into, or replace it with --force.'
  for (const [there, upTo, here, options, error, hint] of [
    [
      '@daily-9=full @daily-10=full @x=full',
      'daily-8',
      undefined,
      {},
      'no-such-snapshot: no such snapshot "tank/a@daily-8"',
      "Did you mean 'tank/a@daily-9' or 'tank/a@daily-10'?",
    ],
    [
      '',
      'a',
      '@a',
      FORCE,
      'no-such-snapshot: no such snapshot "tank/a@a"',
      'The store has no snapshot of tank/a.',
    ],
    // broken: the link that is, and what can be had instead
    [
      '@c<b @d<c @a=full',
      'd',
      undefined,
      FORCE,
      "broken-chain: broken snapshot 'tank/a@c' in the store, reason: 'missing parent' (tank/a@b); 'tank/a@d' builds on it",
      "The newest that can be restored is 'tank/a@a'.",
    ],
    [
      '@b<a',
      'b',
      '@x',
      {},
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'missing parent' (tank/a@a)",
      'No snapshot of tank/a in the store can be restored.',
    ],
    [
      '@a<b @b<a',
      'b',
      undefined,
      {},
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'cycle detected' (tank/a@a)",
      'No snapshot of tank/a in the store can be restored.',
    ],
    [
      '@a#8=full @b<a#7',
      'b',
      undefined,
      {},
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'parent replaced' (tank/a@a)",
      "The newest that can be restored is 'tank/a@a'.",
    ],
    [
      '@a=full? @b<a',
      'b',
      undefined,
      {},
      "broken-chain: broken snapshot 'tank/a@a' in the store, reason: 'bad metadata' (size is not a number of bytes); 'tank/a@b' builds on it",
      'No snapshot of tank/a in the store can be restored.',
    ],
    // one that cannot be read may be another snapshot than its namesake here
    [
      '@a=full??',
      'a',
      '@a',
      {},
      "broken-chain: broken snapshot 'tank/a@a' in the store, reason: 'unreadable' (access denied)",
      'No snapshot of tank/a in the store can be restored.',
    ],
    [
      '@a=full?? @b<a',
      'b',
      '@x',
      {},
      "broken-chain: broken snapshot 'tank/a@a' in the store, reason: 'unreadable' (access denied); 'tank/a@b' builds on it",
      'No snapshot of tank/a in the store can be restored.',
    ],
    // a namesake of a lost parent is no base
    [
      '@b<a#7',
      'b',
      '@a#8',
      {},
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'missing parent' (tank/a@a)",
      'No snapshot of tank/a in the store can be restored.',
    ],
    // broken between the wanted snapshot and the base
    [
      '@a=full @c<b @d<c',
      'd',
      '@a',
      {},
      "broken-chain: broken snapshot 'tank/a@c' in the store, reason: 'missing parent' (tank/a@b); 'tank/a@d' builds on it",
      "The newest that can be restored is 'tank/a@a'.",
    ],
    // the dataset is there
    [
      '@a=full',
      'a',
      '@x @y',
      {},
      "dataset-exists: tank/a has nothing that 'tank/a@a' builds on; its 2 snapshots, the newest 'tank/a@y', would be lost",
      replace,
    ],
    [
      '@a=full',
      'a',
      '@x',
      { into: 'pool/x' },
      "dataset-exists: pool/x has nothing that 'tank/a@a' builds on; its 1 snapshot, the newest 'pool/x@x', would be lost",
      replace,
    ],
    [
      '@a=full',
      'a',
      '',
      {},
      'dataset-exists: tank/a exists and has no snapshots; its contents would be lost',
      replace,
    ],
    // another chain than the one that is here
    [
      '@a=full @b<a @c=full @d<c',
      'd',
      '@a @b',
      {},
      "dataset-exists: tank/a has nothing that 'tank/a@d' builds on; its 2 snapshots, the newest 'tank/a@b', would be lost",
      replace,
    ],
    // changed since the base
    [
      '@a=full @b<a',
      'b',
      '@a @w @x @y @z',
      { modified: true },
      "destination-modified: tank/a: 4 snapshots newer than 'tank/a@a' would be lost: @w, @x, @y, …",
      giveUp,
    ],
    [
      '@a=full @b<a @c<b',
      'b',
      '@a @c',
      {},
      "destination-modified: tank/a: 1 snapshot newer than 'tank/a@a' would be lost: @c",
      giveUp,
    ],
    [
      '@a=full @b<a',
      'b',
      '@a',
      { modified: true },
      "destination-modified: tank/a was changed since 'tank/a@a'; these changes would be lost",
      giveUp,
    ],
    // a name that is taken, newer or older than the base, forced or not
    [
      '@a=full @b#8<a',
      'b',
      '@a @b#7',
      FORCE,
      "snapshot-conflict: 'tank/a@b' is another snapshot here than in the store: guid 7 here, 8 there",
      elsewhere,
    ],
    [
      '@a=full @b#8<a @c<b',
      'c',
      '@b#7 @a',
      {},
      "snapshot-conflict: 'tank/a@b' is another snapshot here than in the store: guid 7 here, 8 there",
      elsewhere,
    ],
    // other datasets have the same names, which tell nothing there
    [
      '@a=full!',
      'a',
      '@a#7',
      { into: 'pool/x' },
      "snapshot-conflict: 'pool/x@a' may be another snapshot here than in the store: guid 7 here, unknown there",
      elsewhere,
    ],
  ] as const) {
    t.strictSame(
      failure(() => plan(there, upTo, here, options)),
      { error, hint },
      `${there} | ${upTo} | ${here ?? 'none'} | ${JSON.stringify(options)}`,
    )
  }
  t.end()
})

void t.test('a parent of another dataset is no base by its name', (t) => {
  const [object] = stored('@b<a!')
  if (!object) throw new Error('no object')
  t.match(
    failure(() =>
      planRestore({
        stored: [{ ...object, parent: 'tank/b@a' }],
        upTo: 'b',
        dataset: DATASET,
        into: DATASET,
        local: local('@a'),
        modified: false,
        onLoss: 'replace',
      }),
    ),
    { error: /^broken-chain: .*'missing parent' \(tank\/b@a\)/ },
  )
  t.end()
})

void t.test('a name that is too long below the other dataset', (t) => {
  const into = `pool/${'x'.repeat(249)}`
  t.equal(plan('@a=full', 'a', undefined, { into: into.slice(1) }).notes.length, 0)
  t.match(
    failure(() => plan('@a=full', 'a', undefined, { into })),
    { error: /^invalid-name: .*longer than 255/ },
  )
  t.end()
})

void t.test('10,000 long', (t) => {
  const { stored: there, local: here } = longChain(10_000)
  const { steps } = plan(there, 'd9999')
  t.equal(steps.length, 10_000)
  t.equal(steps[0]?.name, 'tank/a@d0')
  t.equal(showRestore(plan(there, 'd9999', here.replace(' @d9999', ''))), '@d9999')
  t.match(
    failure(() => plan(there.replace('=full', '<d9999'), 'd9999')),
    { error: /cycle detected/ },
  )
  t.end()
})
