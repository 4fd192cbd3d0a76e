import t from 'tap'
import {
  formatBookmarkName,
  formatSnapshotName,
  staleSyncMarks,
  syncHoldTag,
  wantedSyncMark,
  type KeepCommon,
} from '../src/index.js'
import { source } from './sync-notation.js'

const TAG = '0123abcd'

/**
 * As `+bookmark #x -hold @y`. The target is the snapshot named `t`; `held` are
 * names. In `here`, `#<guid>` is our bookmark of that guid.
 */
function kept(here: string, keep: KeepCommon, held: readonly string[]): string {
  const { snapshots, bookmarks } = source(here.replace(/#(\d+)/g, `#z3-sync-${TAG}-$1%$1`))
  const target = snapshots.find(({ snapshot }) => snapshot === 't')
  if (!target) throw new Error('no target')
  const request = { keep, tag: TAG, target }
  const wanted = wantedSyncMark(request)
  const isThere = [
    ...bookmarks.map(formatBookmarkName),
    ...held.map((name) => `tank/a@${name}`),
  ].some((name) => name === wanted?.name)
  const create = isThere ? undefined : wanted
  const release = staleSyncMarks({
    ...request,
    bookmarks,
    held: snapshots.filter(({ snapshot }) => held.includes(snapshot)),
  })
  const all = [
    ...(create ? [{ sign: '+', ...create }] : []),
    ...release.map((mark) => ({ sign: '-', ...mark })),
  ]
  return all
    .map(({ sign, kind, name }) => `${sign}${kind} ${name}`)
    .join(' ')
    .replaceAll('tank/a', '')
    .replaceAll(`z3-sync-${TAG}-`, '')
}

void t.test('what keeps the last common snapshot', (t) => {
  for (const [here, keep, held, expected] of [
    // the first
    ['@a @t%7', 'bookmark', [], '+bookmark #7'],
    ['@a @t%7', 'hold', [], '+hold @t'],
    ['@a @t%7', 'none', [], ''],
    // there already
    ['@t%7 #7', 'bookmark', [], ''],
    ['@t%7', 'hold', ['t'], ''],
    // the one before goes, all of them
    ['#6 @t%7', 'bookmark', [], '+bookmark #7 -bookmark #6'],
    ['#5 #6 @t%7 #7', 'bookmark', [], '-bookmark #5 -bookmark #6'],
    ['@a @b @t%7', 'hold', ['a', 'b'], '+hold @t -hold @a -hold @b'],
    // newer ones stay
    ['@t%7 #8', 'bookmark', [], '+bookmark #7'],
    ['@t%7 @u', 'hold', ['u'], '+hold @t'],
    ['@t%7 #8 @u', 'none', ['u'], ''],
    // of another kind than is wanted now
    ['@a @t%7', 'bookmark', ['a', 't'], '+bookmark #7 -hold @a -hold @t'],
    ['#6 @t%7 #7', 'hold', [], '+hold @t -bookmark #6 -bookmark #7'],
    ['#6 @t%7 #7', 'none', ['t'], '-bookmark #6 -bookmark #7 -hold @t'],
    // not ours, or of another destination
    [`#x%6 #z3-sync-99999999-5%5 #z3-sync-${TAG}%4 @t%7`, 'bookmark', [], '+bookmark #7'],
    [`#z3-sync-${TAG}-6x%6 #my-z3-sync-${TAG}-5%5 #z3-sync-${TAG}-4%3 @t%7`, 'none', [], ''],
  ] as const) {
    t.equal(kept(here, keep, held), expected, `${here} | ${keep} | ${held.join()}`)
  }
  t.end()
})

void t.test('the names in full', (t) => {
  const { snapshots } = source('@a @t%7')
  const [a, target] = snapshots
  if (!a || !target) throw new Error('not there')
  const request = { keep: 'bookmark', tag: TAG, target } as const
  t.strictSame(wantedSyncMark(request), {
    kind: 'bookmark',
    name: 'tank/a#z3-sync-0123abcd-7',
  })
  t.strictSame(staleSyncMarks({ ...request, bookmarks: [], held: [a] }), [
    { kind: 'hold', name: formatSnapshotName(a) },
  ])
  t.equal(syncHoldTag(TAG), 'z3-sync-0123abcd')
  t.end()
})
