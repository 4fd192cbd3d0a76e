import t from 'tap'
import { planBackup, type BackupPlan, type SendFlag } from '../src/index.js'
import { bookmarks, DATASET, failure, local, longChain, showBackup, stored } from './notation.js'

interface Options {
  readonly upTo?: string
  readonly full?: boolean
  readonly overwrite?: boolean
  readonly flags?: readonly SendFlag[]
  readonly prefix?: string
  readonly only?: readonly string[]
  readonly newestOnly?: boolean
  /** New objects are encrypted. */
  readonly encrypts?: boolean
  /** `--encryptor none`. */
  readonly clear?: boolean
}

function plan(here: string, there: string, options: Options = {}): BackupPlan {
  return planBackup({
    dataset: DATASET,
    local: local(here),
    bookmarks: bookmarks(here),
    stored: stored(there),
    upTo: options.upTo,
    mode: options.full === true ? 'full' : 'incremental',
    onLoss: options.overwrite ? 'replace' : 'refuse',
    requested: options.flags ?? [],
    prefix: options.prefix ?? '',
    only: options.only && ((name) => options.only?.includes(name) === true),
    first: options.newestOnly ? 'newest' : 'oldest',
    encrypts: options.encrypts ?? false,
    mayClear: options.clear ?? false,
  })
}

void t.test('incremental', (t) => {
  for (const [here, there, options, expected] of [
    // all present
    ['@a', '@a=full', {}, '-'],
    ['@a @b', '@a=full @b<a', {}, '-'],
    ['@a @b @c', '@a=full @b<a', { upTo: 'b' }, '-'],
    ['@a @b @c', '@a=full @b<a', { upTo: 'a' }, '-'],
    // what is missing, the oldest first
    ['@a @b @c', '@a=full', {}, '@b<a @c<b'],
    ['@a @b @c', '@a=full', { upTo: 'b' }, '@b<a'],
    ['@a @b @c @d', '@a=full @b<a', {}, '@c<b @d<c'],
    // gaps: older ones are left, and so are those that are gone here
    ['@a @b @c @d', '@a=full @c<a', {}, '@d<c'],
    ['@b @c', '@a=full @b<a', {}, '@c<b'],
    ['@a @c', '@a=full @b<a', {}, '@c<a'],
    // a full one in between is as good a base
    ['@a @b @c', '@a=full @b=full', {}, '@c<b'],
    // broken elsewhere, or further on, is no matter
    ['@a @b', '@a=full @x<w', {}, '@b<a'],
    ['@a @b @c', '@a=full @c<x', { upTo: 'b' }, '@b<a'],
    // the guid tells
    ['@a#7 @b', '@a#7=full', {}, '@b<a'],
    // legacy: the name must do
    ['@a#7 @b', '@a=full!', {}, '@b<a'],
    ['@a#7 @b', '@a=full! @b<a!', {}, '-'],
    // renamed here since: built upon by the name that the store has
    ['@x#7 @b', '@a#7=full', {}, '@b<x(tank/a@a)'],
    ['@x#7 @b @c', '@a#7=full', {}, '@b<x(tank/a@a) @c<b'],
    // but the target is stored by its own name
    ['@a @x#7', '@a=full @b#7<a', {}, '@x<a'],
    // a broken one by another name is passed by
    ['@a @x#7 @c', '@a=full @b#7<w', {}, '@x<a @c<x'],
    // whatever the prefix was when it was stored
    ['@d1 @w1', '@d1=full', { prefix: 'w' }, '@w1<d1'],
    ['@d1 @d2 @w1', '@d1=full @d2<d1', { prefix: 'w' }, '@w1<d2'],
    ['@d1 @w1 @d2 @w2', '@d1=full', { prefix: 'w' }, '@w1<d1 @w2<w1'],
    ['@d1 @w1 @d2 @w2', '@d1=full @d2<d1', { prefix: 'w' }, '@w2<d2'],
    ['@d1 @w1 @d2', '@d1=full!', { prefix: 'w' }, '@w1<d1'],
    ['@x1#7 @w1', '@d1#7=full', { prefix: 'w' }, '@w1<x1(tank/a@d1)'],
    // what cannot be a parent is passed by
    ['@d1 @d2 @w1', '@d1=full @d2<x', { prefix: 'w' }, '@w1<d1'],
    ['@d1 @d2#7 @w1', '@d1=full @d2#8<d1', { prefix: 'w' }, '@w1<d1'],
    // a full twin begins a chain
    ['@a @b @c', '@a=full @b<a @b.full=full', {}, '@c<b(tank/a@b.full)'],
    ['@a @b @c', '@b.full=full @a=full @b<a', {}, '@c<b(tank/a@b.full)'],
    ['@a @b', '@a=full @b<a @b.full=full', {}, '-'],
    ['@a @b @c', '@a=full @b<a @b.full=full @c<b.full', {}, '-'],
    ['@b @c', '@b<a @b.full=full', {}, '@c<b(tank/a@b.full)'],
    ['@b @c', '@b.full=full~w', {}, '@c<b(tank/a@b.full)~w'],
    ['@b', '@b.full=full', {}, '-'],
    ['@a @b @c', '@a=full @b<a @b.full=full?', {}, '@c<b'],
    // the snapshot is gone, and its bookmark is not
    ['*a @b', '@a=full', {}, '@b<*(tank/a@a)'],
    ['*a @b @c', '@a=full', {}, '@b<*(tank/a@a) @c<b'],
    ['@a *b @c', '@a=full @b<a', {}, '@c<*(tank/a@b)'],
    ['*a *b @c', '@a=full @b<a', {}, '@c<*(tank/a@b)'],
    // a snapshot that is newer, or the same, is the better base
    ['*a @b @c', '@a=full @b<a', {}, '@c<b'],
    ['@a* @b', '@a=full', {}, '@b<a'],
    // a twin of what is gone; an object that cannot be built upon; one of another snapshot
    ['*b @c', '@a=full @b<a @b.full=full', {}, '@c<*(tank/a@b.full)'],
    ['@a *b @c', '@a=full @b<x', {}, '@c<a'],
    ['@a *b#7 @c', '@a=full @b<a', {}, '@c<a'],
    // newer than what is wanted
    ['@a @b *c', '@a=full @c<a', { upTo: 'b' }, '@b<a'],
    // what is renamed is stored by its own name, from an older one
    ['@a @x#7*', '@a=full @b#7<a', {}, '@x<a'],
    // two hosts of one dataset name under one prefix: each goes on with what it has
    ['@a#1 @c#2', '@b#7=full @d#8<b @a#1=full', {}, '@c<a'],
    ['@b#7 @d#8 @e#9', '@b#7=full @d#8<b @a#1=full', {}, '@e<d'],
    // only these, from whatever is stored
    ['@a @x @b @y', '', { only: ['a', 'b'] }, '@a=full @b<a'],
    ['@a @x @b @y', '@a=full', { only: ['a', 'b'] }, '@b<a'],
    ['@a @x @b', '@a=full @x<a', { only: ['a', 'b'] }, '@b<x'],
    // encrypted, and going on so
    ['@a @b', '@a=full%zstd+age', { encrypts: true }, '@b<a'],
    ['@a @b', '@a=full%gpg', { encrypts: true }, '@b<a'],
    ['@a @b', '@a=full%zstd', {}, '@b<a'],
    ['@a', '@a=full%gpg', {}, '-'],
    // in clear from here on, as somebody says
    ['@a @b', '@a=full%gpg', { clear: true }, '@b<a'],
    ['@a @b', '@a=full%zstd+age', { clear: true }, '@b<a'],
    ['@a @b @c', '@a=full%gpg @b<a', {}, '@c<b'],
    // a pinned chain
    ['@a @b @c', '@a=full~w', {}, '@b<a~w @c<b~w'],
    ['@a @b', '@a=full~wLec', { flags: ['w'] }, '@b<a~wLec'],
    ['@a @b', '@a=full~Lc', { flags: ['c', 'L'] }, '@b<a~Lc'],
    ['@a @b', '@a=full!', {}, '@b<a'],
    // nothing to send: whatever was asked for, nothing is decrypted
    ['@a', '@a=full', { flags: ['w'] }, '-'],
  ] as const) {
    const name = `${here} | ${there} | ${JSON.stringify(options)}`
    t.equal(showBackup(plan(here, there, options)), expected, name)
  }
  t.end()
})

void t.test('the first backup is full, and says so', (t) => {
  for (const [here, options, expected] of [
    ['@a', {}, '@a=full'],
    // the whole history
    ['@a @b @c', {}, '@a=full @b<a @c<b'],
    ['@a @b @c', { upTo: 'b' }, '@a=full @b<a'],
    ['@d1 @w1 @d2 @w2', { prefix: 'd' }, '@d1=full @d2<d1'],
    ['@a @b', { flags: ['w'] }, '@a=full~w @b<a~w'],
    // z3's way
    ['@a @b @c', { newestOnly: true }, '@c=full'],
    ['@a @b @c', { newestOnly: true, upTo: 'b' }, '@b=full'],
    ['@a', { flags: ['c', 'w', 'c'] }, '@a=full~wc'],
  ] as const) {
    const first = plan(here, '', options)
    t.equal(showBackup(first), expected)
    t.strictSame(first.notes, ['nothing of tank/a is in the store yet: a full backup'])
  }
  t.strictSame(plan('@a @b', '@a=full').notes, [], 'a later one says nothing')
  t.equal(
    showBackup(plan('@a @b @c', '@a=full', { newestOnly: true })),
    '@b<a @c<b',
    'a later one has every snapshot, as in z3',
  )
  t.strictSame(plan('@a', '@a=full').notes, [], 'nor does none')
  t.end()
})

void t.test('a step carries all that a pipeline needs', (t) => {
  const [a, b] = local('@a#7 @b')
  t.strictSame(plan('@a#7 @b', '@a#7=full~c').steps, [
    {
      snapshot: b,
      storedAs: 'b',
      base: a,
      parent: 'tank/a@a',
      sendFlags: ['c'],
      overwrite: false,
    },
  ])
  t.strictSame(plan('@a#7', '', { flags: ['L'] }).steps, [
    {
      snapshot: a,
      storedAs: 'a',
      base: undefined,
      parent: undefined,
      sendFlags: ['L'],
      overwrite: false,
    },
  ])
  t.end()
})

void t.test('notes', (t) => {
  t.strictSame(plan('@x#7 @b', '@a#7=full').notes, [
    "'tank/a@x' is in the store as 'tank/a@a': it was renamed",
  ])
  t.strictSame(plan('@a @b', '@a=full~L', { flags: ['e', 'c', 'L'] }).notes, [
    "without -ec: the chain of 'tank/a@a' was started without, and its send flags are pinned",
  ])
  t.end()
})

void t.test('full', (t) => {
  for (const [here, there, options, expected] of [
    ['@a @b', '', {}, '@b=full'],
    ['@a @b', '', { upTo: 'a' }, '@a=full'],
    ['@a @b', '@a=full', {}, '@b=full'],
    ['@a @b', '@a=full', { flags: ['c', 'w'] }, '@b=full~wc'],
    // raw once, raw always
    ['@a @b', '@a=full~wc', {}, '@b=full~w'],
    ['@a @b', '@a=full~w', { flags: ['L'] }, '@b=full~wL'],
    ['@a @b', '@a=full~w', { clear: true }, '@b=full'],
    ['@a @b', '@a=full~c', {}, '@b=full'],
    // one that cannot be read says nothing: the newest that can does
    ['@a @b @c', '@a=full~w @b<a??', {}, '@c=full~w'],
    ['@a @b @c', '@a=full~w @b<a??', { upTo: 'b' }, '@b.full=full~w'],
    ['@a', '@a=full??', { clear: true }, '@a.full=full'],
    ['@a', '@a=full??', { flags: ['w'] }, '@a.full=full~w'],
    ['@a', '@a=full??', { encrypts: true }, '@a.full=full'],
    // a new chain may be in clear
    ['@a @b', '@a=full%gpg', {}, '@b=full'],
    // an increment of that name stands: a twin beside it
    ['@a @b', '@a=full @b<a', {}, '@b.full=full'],
    ['@a @b', '@a=full~w @b<a~w', {}, '@b.full=full~w'],
    ['@a @b', '@a=full! @b<a!', {}, '@b.full=full'],
    ['@a @b', '@b<a', {}, '@b.full=full'],
    ['@a', '@a=full?', {}, '@a.full=full'],
    ['@a @b', '@a=full @b<a @b.full=full', {}, '-'],
    ['@b', '@b.full=full', {}, '-'],
    ['@a @b', '@b<a @b.full=full', { overwrite: true }, '@b.full=full+'],
    // what is broken, or of others, is not in the way
    ['@a#7 @b', '@a#8<x', {}, '@b=full'],
    ['@b', '@a<x', { overwrite: true }, '@b=full'],
    // there already
    ['@a', '@a=full', {}, '-'],
    ['@a#7', '@a=full!', {}, '-'],
    // replaced, a healthy one too: its data may be damaged all the same
    ['@a', '@a=full', { overwrite: true }, '@a=full+'],
    ['@a', '@a=full?', { overwrite: true }, '@a=full+'],
    ['@a#7', '@a#8=full', { overwrite: true }, '@a=full+'],
    ['@a @b', '@a=full @b<a', { overwrite: true }, '@b=full+'],
    ['@a @b', '@b<a', { overwrite: true, flags: ['w'] }, '@b=full~w+'],
  ] as const) {
    const all = { ...options, full: true }
    const name = `${here} | ${there} | ${JSON.stringify(options)}`
    t.equal(showBackup(plan(here, there, all)), expected, name)
  }
  t.end()
})

void t.test('notes of a full backup', (t) => {
  const lost = 'and cannot be restored once it is replaced'
  for (const [here, there, options, expected] of [
    ['@a @b', '@a=full', {}, []],
    ['@a', '@a=full', {}, ["'tank/a@a' is in the store already, in full: nothing to do"]],
    [
      '@a',
      '@a=full!',
      {},
      ["'tank/a@a' is in the store already, in full (by its name; it has no guid): nothing to do"],
    ],
    [
      '@a',
      '@a=full~c',
      { flags: ['w'] },
      ["'tank/a@a' is in the store already, in full, sent with -c: nothing to do"],
    ],
    [
      '@a @b',
      '@a=full @b<a',
      {},
      [
        "'tank/a@b' is in the store already, as an increment: the full stream is stored beside it, as 'tank/a@b.full'",
      ],
    ],
    [
      '@a',
      '@a=full?',
      {},
      [
        "'tank/a@a' is in the store already, and cannot be used (size is not a number of bytes): the full stream is stored beside it, as 'tank/a@a.full'",
      ],
    ],
    [
      '@a @b',
      '@a=full @b<a @b.full=full',
      {},
      ["'tank/a@b.full' is in the store already, in full: nothing to do"],
    ],
    [
      '@a @b',
      '@a=full%zstd+age',
      {},
      ['the backups before this one are encrypted (age), and it is not'],
    ],
    ['@a @b', '@a=full%gpg', { encrypts: true }, []],
    ['@a @b', '@a=full~w', {}, ['sent raw, as the backups before it (--encryptor none: not raw)']],
    // the same snapshot again, and all that builds on it stands
    ['@a @b', '@a=full @b<a', { upTo: 'a', overwrite: true }, []],
    [
      '@a#7',
      '@a#8=full @b<a @c<b @d=full @e<d',
      { overwrite: true },
      [`2 stored snapshots build on 'tank/a@a', ${lost}`],
    ],
    [
      '@a',
      '@a=full @b<a',
      { overwrite: true, flags: ['w'] },
      [`1 stored snapshot builds on 'tank/a@a', ${lost}`],
    ],
    [
      '@a',
      '@a=full~w @b<a~w',
      { overwrite: true, clear: true },
      [`1 stored snapshot builds on 'tank/a@a', ${lost}`],
    ],
    [
      '@a',
      '@a=full! @b<a!',
      { overwrite: true },
      [
        "1 stored snapshot builds on 'tank/a@a', and can be restored only if that was the same snapshot; without a guid this is unknown",
      ],
    ],
  ] as const) {
    const all = { ...options, full: true }
    const found = plan(here, there, all).notes
    t.strictSame(found, expected, `${here} | ${there} | ${JSON.stringify(options)}`)
  }
  t.end()
})

void t.test('errors', (t) => {
  const chain = 'Run z3 backup --full to start a new chain.'
  const other =
    'Run z3 backup --full to start a new chain; if another host stores a dataset of this name, give each its own S3_PREFIX (%h is the name of the host).'
  const clear =
    'Set ENCRYPTOR (or COMPRESSOR=gpg) as before; --encryptor none continues unencrypted, and with --full starts a new unencrypted chain.'
  const full = { full: true }
  for (const [here, there, options, error, hint] of [
    [
      '',
      '@a=full',
      { prefix: 'daily' },
      'no-such-snapshot: Nothing to backup for filesystem "tank/a". Are you sure SNAPSHOT_PREFIX="daily" is correct?',
      'Take a snapshot first.',
    ],
    [
      '',
      '',
      { ...full, upTo: 'a', prefix: 'daily' },
      'no-such-snapshot: Nothing to backup for filesystem "tank/a". Are you sure SNAPSHOT_PREFIX="daily" is correct?',
      'Take a snapshot first.',
    ],
    [
      '@x',
      '@x=full',
      { prefix: 'daily' },
      'no-such-snapshot: Nothing to backup for filesystem "tank/a". Are you sure SNAPSHOT_PREFIX="daily" is correct?',
      "Existing prefixes: x 1; use --snapshot-prefix=x, or 'SNAPSHOT_PREFIX = x' in [fs:tank/a].",
    ],
    [
      '@daily-1 @weekly @daily-2',
      '@x=full',
      { upTo: 'weekly', prefix: 'daily' },
      'no-such-snapshot: Failed to get the snapshot tank/a@weekly',
      "The newest is 'tank/a@daily-2'.",
    ],
    [
      '@daily-1 @daily-2 @weekly',
      '@x=full',
      { upTo: 'daily-3' },
      'no-such-snapshot: Failed to get the snapshot tank/a@daily-3',
      "Did you mean 'tank/a@daily-2' or 'tank/a@daily-1'?",
    ],
    [
      '@d1 @d2 @d3 @d4',
      '',
      { upTo: 'd5' },
      'no-such-snapshot: Failed to get the snapshot tank/a@d5',
      "Did you mean 'tank/a@d4', 'tank/a@d3' or 'tank/a@d2'?",
    ],
    [
      '@a @b',
      '',
      { ...full, upTo: 'something-else' },
      'no-such-snapshot: Failed to get the snapshot tank/a@something-else',
      "The newest is 'tank/a@b'.",
    ],
    // nothing in common
    [
      '@b @c',
      '@a=full',
      {},
      "no-common-snapshot: no snapshot of tank/a up to 'tank/a@c' is in the store, though others are",
      other,
    ],
    [
      '@a @b',
      '@b=full',
      { upTo: 'a' },
      "no-common-snapshot: no snapshot of tank/a up to 'tank/a@a' is in the store, though others are",
      other,
    ],
    // conflicts: at the target, in between, at the base
    [
      '@a @b#7',
      '@a=full @b#8<a',
      {},
      "snapshot-conflict: 'tank/a@b' is another snapshot here than in the store: guid 7 here, 8 there",
      'Take a new snapshot and run z3 backup --full to start a new chain, or add --full --overwrite to replace the object.',
    ],
    [
      '@a @b#7 @c',
      '@a=full @b#8<a',
      {},
      "snapshot-conflict: 'tank/a@b' is another snapshot here than in the store: guid 7 here, 8 there",
      other,
    ],
    [
      '@a#7 @b',
      '@a#8=full',
      {},
      "snapshot-conflict: 'tank/a@a' is another snapshot here than in the store: guid 7 here, 8 there",
      other,
    ],
    [
      '@a#7 @b#8',
      '@a#8=full',
      {},
      "snapshot-conflict: 'tank/a@a' is another snapshot here than in the store: guid 7 here, 8 there",
      other,
    ],
    [
      '@a#7',
      '@a#8=full',
      full,
      "snapshot-conflict: 'tank/a@a' is another snapshot here than in the store: guid 7 here, 8 there",
      'Take a new snapshot and back that up, or add --overwrite to replace the object.',
    ],
    // broken chains
    [
      '@a @b @c',
      '@b<a',
      {},
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'missing parent' (tank/a@a)",
      chain,
    ],
    [
      '@c @d',
      '@b<a @c<b',
      {},
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'missing parent' (tank/a@a); 'tank/a@c' builds on it",
      chain,
    ],
    [
      '@a @b',
      '@a<b @b<a',
      {},
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'cycle detected' (tank/a@a)",
      chain,
    ],
    [
      '@a @b @c',
      '@a#8=full @b<a#7',
      {},
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'parent replaced' (tank/a@a)",
      chain,
    ],
    [
      '@a @b',
      '@a=full?',
      {},
      "broken-chain: broken snapshot 'tank/a@a' in the store, reason: 'bad metadata' (size is not a number of bytes)",
      chain,
    ],
    // one that cannot be read is not absent
    [
      '@a @b @c',
      '@a=full @b<a??',
      {},
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'unreadable' (access denied)",
      chain,
    ],
    [
      '@a @b @c',
      '@a=full @b<a??',
      { upTo: 'b' },
      "broken-chain: broken snapshot 'tank/a@b' in the store, reason: 'unreadable' (access denied)",
      chain,
    ],
    [
      '@b @c @d',
      '@a=full?? @b<a @c<b',
      {},
      "broken-chain: broken snapshot 'tank/a@a' in the store, reason: 'unreadable' (access denied); 'tank/a@c' builds on it",
      chain,
    ],
    [
      '@a @b',
      '@a=full??',
      full,
      'encryption-differs: no stored snapshot of tank/a can be read: it is unknown whether they are raw or encrypted',
      'Add --raw, set ENCRYPTOR, or add --encryptor none to store it in clear.',
    ],
    // encrypted, and now in clear
    [
      '@a @b',
      '@a=full%zstd+age',
      {},
      "encryption-differs: 'tank/a@a' is encrypted (age): an increment of it would be stored in clear",
      clear,
    ],
    [
      '@a @b @c',
      '@a=full%zstd @b<a%gpg',
      {},
      "encryption-differs: 'tank/a@b' is encrypted (gpg): an increment of it would be stored in clear",
      clear,
    ],
    [
      '@a @b',
      '@a=full!%zstd3+gpg',
      {},
      "encryption-differs: 'tank/a@a' is encrypted (gpg): an increment of it would be stored in clear",
      clear,
    ],
    // not raw
    [
      '@a @b',
      '@a=full~c',
      { flags: ['w', 'c'] },
      "send-flags-differ: the chain of 'tank/a@a' is not raw: an increment of it would be sent decrypted",
      'Run z3 backup --full with --raw to start a new chain, or omit --raw.',
    ],
    [
      '@a @b',
      '@a=full!',
      { flags: ['w'] },
      "send-flags-differ: the chain of 'tank/a@a' is not raw: an increment of it would be sent decrypted",
      'Run z3 backup --full with --raw to start a new chain, or omit --raw.',
    ],
    // in the way of a full one
    [
      '@a @b#7',
      '@a=full @b#8<a',
      full,
      "snapshot-conflict: 'tank/a@b' is another snapshot here than in the store: guid 7 here, 8 there",
      'Take a new snapshot and back that up, or add --overwrite to replace the object.',
    ],
    [
      '@a @b',
      '@a=full @b<a @b.full=full?',
      full,
      "object-exists: 'tank/a@b.full' is in the store already, and is not the full stream of 'tank/a@b'",
      "Take a new snapshot and back that up, or add --overwrite to replace 'tank/a@b'.",
    ],
  ] as const) {
    t.strictSame(
      failure(() => plan(here, there, options)),
      { error, hint },
      `${here} | ${there} | ${JSON.stringify(options)}`,
    )
  }
  t.end()
})

void t.test('--overwrite is of full backups alone', (t) => {
  t.match(
    failure(() => plan('@a#7', '@a#8=full', { overwrite: true })),
    {
      error: /^snapshot-conflict/,
    },
  )
  t.equal(showBackup(plan('@a @b', '@a=full', { overwrite: true })), '@b<a')
  t.end()
})

void t.test('10,000 long', (t) => {
  const long = longChain(10_000)
  const [first = ''] = long.stored.split(' ')
  t.equal(plan(long.local, long.stored).steps.length, 0)
  const { steps } = plan(long.local, first)
  t.equal(steps.length, 9999)
  t.equal(steps.at(-1)?.snapshot.snapshot, 'd9999')
  t.match(steps.at(-1)?.base, { snapshot: 'd9998' })
  t.match(
    failure(() => plan(long.local, long.stored.replace(first, ''))),
    { error: /'tank\/a@d1' .* 'missing parent' .*; 'tank\/a@d9999' builds/ },
  )
  t.end()
})
