import t from 'tap'
import { mayBeBase, parseSchedule, planBackup, type BackupRequest } from '../src/index.js'
import { bookmarks, DATASET, local, stored } from './notation.js'

/** Names of the bookmarked snapshots that a later increment may start from. */
const bases = (here: string, there: string, more: Partial<BackupRequest> = {}): string => {
  const request: BackupRequest = {
    ...{ dataset: DATASET, local: local(here), bookmarks: bookmarks(here), stored: stored(there) },
    ...{ upTo: undefined, mode: 'incremental', requested: [], prefix: '', first: 'oldest' },
    ...{ onLoss: 'refuse', encrypts: false, mayClear: false },
    ...more,
  }
  const plan = planBackup(request)
  return bookmarks(here)
    .filter((mark) => mayBeBase(mark, request, plan))
    .map(({ guid }) => Buffer.from(BigInt(guid).toString(16), 'hex').toString())
    .join(' ')
}

const retention = { schedule: parseSchedule('10,1d1w'), fullEvery: 365 * 86_400 }

void t.test('the bookmarks that an increment may start from', (t) => {
  t.equal(bases('*a *b @c* @d', '@a=full @b<a @c<b'), '', 'of a chain: none but the newest')
  t.equal(bases('*a *b @c* @d', '@b=full @c<b', { retention }), 'b c', 'the store lacks a')
  t.equal(bases('*a @b* @c*', '@a=full', { retention }), 'a b c', 'this run stores b and c')
  t.equal(bases('*xa *yb @xc @yd', '@xa=full @yb<xa', { prefix: 'y' }), 'xa', 'the other prefix')
  const onlyY = { only: (name: string) => name.startsWith('y') }
  t.equal(bases('*xa *yb @xc @yd', '@xa=full @yb<xa', onlyY), 'xa')
  t.equal(bases('*a *b @c', '@b=full @x=full??'), 'a b', 'the unreadable object may be any of them')
  t.equal(bases('*a *b @c', '@b=full @x=full!'), '', 'original z3 writes no guid')
  t.end()
})
