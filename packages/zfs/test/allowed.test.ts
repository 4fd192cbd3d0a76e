import t from 'tap'
import { parseAllowed } from '../src/read/allowed.js'

/** The output of OpenZFS 2.3 for tank/data/sub. */
const TEXT = `---- Permissions on tank/data/sub ------------------------------------
Local permissions:
\tuser backup snapshot
\tuser other rollback
Local+Descendent permissions:
\tuser backup hold,send
---- Permissions on tank/data ----------------------------------------
Permission sets:
\t@all @marks,mount
\t@marks bookmark,destroy,@all
Create time permissions:
\tclone
Local permissions:
\teveryone rename
Descendent permissions:
\teveryone diff
Local+Descendent permissions:
\tgroup disk create
\tgroup users @all
---- Permissions on tank ---------------------------------------------
Local+Descendent permissions:
\teveryone release
`

const of = (user: string, ...groups: string[]): string =>
  [...parseAllowed(TEXT, 'tank/data/sub', { user, groups })].sort().join()

for (const [user, groups, expected] of [
  ['backup', [], 'diff,hold,release,send,snapshot'],
  ['other', [], 'diff,release,rollback'],
  ['nobody', ['users'], 'bookmark,destroy,diff,mount,release'],
  ['nobody', ['disk', 'wheel'], 'create,diff,release'],
  ['users', [], 'diff,release'],
] as const) {
  t.equal(of(user, ...groups), expected, `${user} ${groups.join(' ')}`)
}

t.strictSame(
  [...parseAllowed(TEXT, 'tank/data', { user: 'nobody', groups: [] })].sort(),
  ['release', 'rename'],
  'what is local is of this dataset only',
)
t.equal(parseAllowed('', 'tank', { user: 'a', groups: ['a'] }).size, 0, 'nothing is granted')
