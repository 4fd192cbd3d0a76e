import t from 'tap'
import { hoursToThaw, joinArchiveStates, mayBeArchived, readArchiveState } from '../src/index.js'

const EXPIRY = 'ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"'
const UNTIL = Date.parse('2012-12-21T00:00:00Z') / 1000

void t.test('the state of an object, by the headers of a HEAD', (t) => {
  const cases = [
    [{}, undefined],
    [{ storageClass: 'STANDARD_IA' }, undefined],
    [{ storageClass: 'GLACIER_IR' }, undefined],
    [{ storageClass: 'constructor' }, undefined],
    [{ storageClass: 'INTELLIGENT_TIERING' }, undefined],
    [{ storageClass: 'INTELLIGENT_TIERING', restore: EXPIRY }, undefined],
    [{ storageClass: 'GLACIER' }, { phase: 'archived', archive: 'GLACIER' }],
    [
      { storageClass: 'GLACIER', restore: 'nonsense' },
      { phase: 'archived', archive: 'GLACIER' },
    ],
    [
      { storageClass: 'DEEP_ARCHIVE', restore: 'ongoing-request="true"' },
      { phase: 'thawing', archive: 'DEEP_ARCHIVE' },
    ],
    [
      { storageClass: 'GLACIER', restore: EXPIRY },
      { phase: 'thawed', archive: 'GLACIER', until: UNTIL },
    ],
    [
      { storageClass: 'GLACIER', restore: 'ongoing-request="false", expiry-date="soon"' },
      { phase: 'thawed', archive: 'GLACIER' },
    ],
    [
      { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'DEEP_ARCHIVE_ACCESS' },
      { phase: 'archived', archive: 'DEEP_ARCHIVE_ACCESS' },
    ],
  ] as const
  for (const [headers, state] of cases) {
    t.strictSame(readArchiveState(headers), state, JSON.stringify(headers))
  }
  t.end()
})

void t.test('classes whose objects may be archived', (t) => {
  for (const name of ['GLACIER', 'DEEP_ARCHIVE', 'INTELLIGENT_TIERING']) t.ok(mayBeArchived(name))
  for (const name of [undefined, '', 'STANDARD', 'GLACIER_IR', 'toString']) {
    t.notOk(mayBeArchived(name))
  }
  t.equal(hoursToThaw('DEEP_ARCHIVE', 'expedited'), undefined)
  t.equal(hoursToThaw('DEEP_ARCHIVE', 'bulk'), 48)
  t.end()
})

void t.test('several objects can be read when each of them can', (t) => {
  const state = (phase: 'archived' | 'thawing' | 'thawed', until?: number) => ({
    phase,
    archive: 'GLACIER' as const,
    ...(until === undefined ? {} : { until }),
  })
  t.equal(joinArchiveStates([undefined, undefined]), undefined)
  t.strictSame(
    joinArchiveStates([state('thawed', 1), undefined, state('archived'), state('thawing')]),
    state('archived'),
  )
  t.strictSame(joinArchiveStates([state('thawed', 1), state('thawing')]), state('thawing'))
  t.strictSame(
    joinArchiveStates([state('thawed'), state('thawed', 9), state('thawed', 3)]),
    state('thawed', 3),
  )
  t.end()
})
