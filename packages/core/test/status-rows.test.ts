import t from 'tap'
import { statusRows, statusSummary, type StatusRow, type StoredSnapshot } from '../src/index.js'
import { DATASET, local, longChain, stored } from './notation.js'

function rows(here: string, there: string, prefix = ''): readonly StatusRow[] {
  return statusRows({
    dataset: DATASET,
    local: local(here),
    stored: stored(there),
    prefix,
  })
}

const show = (row: StatusRow): string =>
  [row.name, row.parent, row.type, row.health, row.localState, row.size].join('|')

void t.test("z3's columns, in time order", (t) => {
  for (const [here, there, expected] of [
    ['', '', []],
    [
      '@d9 @d10 @d11',
      '@d9=full @d10<d9',
      ['d9||full|ok|ok|0 M', 'd10|d9|incremental|ok|ok|0 M', 'd11|-|missing|-|ok|'],
    ],
    [
      '@b#7 @c',
      '@a=full @b#8<a @c=full! @d<x',
      [
        'a||full|ok|missing|0 M',
        'b|a|incremental|ok|replaced|0 M',
        'c||full|ok|ok|0 M',
        'd|x|incremental|missing parent|missing|0 M',
      ],
    ],
    [
      '',
      '@a=full? @b<a?',
      ['a||unknown|bad metadata|missing|0 M', 'b|a|incremental|bad metadata|missing|0 M'],
    ],
  ] as const) {
    t.strictSame(rows(here, there).map(show), expected, `${here} | ${there}`)
  }
  t.end()
})

void t.test('a full twin', (t) => {
  for (const [here, there, expected] of [
    [
      '@d1 @d2',
      '@d1=full @d2<d1 @d2.full=full @d3<d2.full',
      [
        'd1||full|ok|ok|0 M',
        'd2.full||full|ok|ok|0 M',
        'd2|d1|incremental|ok|ok|0 M',
        'd3|d2.full|incremental|ok|missing|0 M',
      ],
    ],
    // it stands for the snapshot
    ['@d2', '@d2.full=full', ['d2.full||full|ok|ok|0 M']],
    ['', '@d2.full=full', ['d2.full||full|ok|missing|0 M']],
    ['@d2#7', '@d2.full=full', ['d2.full||full|ok|replaced|0 M', 'd2|-|missing|-|ok|']],
  ] as const) {
    t.strictSame(rows(here, there).map(show), expected, `${here} | ${there}`)
  }
  t.end()
})

void t.test('what the row was made from', (t) => {
  const [a] = local('@a')
  const [object] = stored('@a=full')
  t.match(rows('@a', '@a=full'), [{ local: a, stored: object, created: 97 }])
  t.strictSame(
    rows('@a @c', '@b=full').map(({ stored, local }) => [
      stored !== undefined,
      local !== undefined,
    ]),
    [
      [false, true],
      [true, false],
      [false, true],
    ],
  )
  const [row] = statusRows({
    dataset: DATASET,
    local: [],
    stored: stored('@a=full').map((o) => ({ ...o, size: undefined })),
    prefix: '',
  })
  t.equal(row?.size, '', 'z3 had objects without a size')
  t.end()
})

void t.test('only the prefix is shown; health looks beyond it', (t) => {
  t.strictSame(rows('@w1 @d2 @d3', '@w1=full @d2<w1', 'd').map(show), [
    'd2|w1|incremental|ok|ok|0 M',
    'd3|-|missing|-|ok|',
  ])
  t.strictSame(rows('@w1', '@w1=full', 'd'), [])
  t.end()
})

void t.test('unknown local snapshots are neither missing nor zero', (t) => {
  const all = statusRows({
    dataset: DATASET,
    local: undefined,
    stored: stored('@a=full @b<a'),
    prefix: '',
  })
  t.strictSame(all.map(show), ['a||full|ok|unknown|0 M', 'b|a|incremental|ok|unknown|0 M'])
  t.match(statusSummary(all, false), { objects: 2, notStored: undefined, leftOut: undefined })
  t.match(statusSummary([], false), { objects: 0, notStored: undefined, leftOut: undefined })
  t.end()
})

void t.test('other datasets are left out', (t) => {
  const other = local('@a', 'tank/b')
  const found = statusRows({
    dataset: DATASET,
    local: other,
    stored: stored('@c=full').map((o) => ({ ...o, dataset: 'tank/b' })),
    prefix: '',
  })
  t.strictSame(found, [])
  t.end()
})

void t.test('statusSummary', (t) => {
  const none = {
    objects: 0,
    bytes: 0,
    unhealthy: 0,
    notStored: 0,
    leftOut: 0,
  }
  for (const [here, there, expected] of [
    ['', '', { ...none, newestGood: undefined }],
    ['@a @b', '', { ...none, notStored: 2, newestGood: undefined }],
    [
      '@d9 @d10 @d11',
      '@d9=full @d10<d9',
      {
        ...none,
        objects: 2,
        bytes: 20,
        notStored: 1,
        newestGood: { name: 'd10', created: 10 },
      },
    ],
    // no backup takes what is older than the newest that is stored
    [
      '@d7 @d8 @d9 @d10',
      '@d9=full',
      {
        ...none,
        objects: 1,
        bytes: 10,
        notStored: 1,
        leftOut: 2,
        newestGood: { name: 'd9', created: 9 },
      },
    ],
    // a namesake is not stored
    [
      '@d9#7',
      '@d9#8=full',
      {
        ...none,
        objects: 1,
        bytes: 10,
        notStored: 1,
        newestGood: { name: 'd9', created: 9 },
      },
    ],
    [
      '',
      '@d1=full @d9<d8 @d10<d9 @d2=full?',
      {
        ...none,
        objects: 4,
        bytes: 40,
        unhealthy: 3,
        newestGood: { name: 'd1', created: 1 },
      },
    ],
    // legacy, and gone here: the upload
    [
      '',
      '@d1=full!',
      {
        ...none,
        objects: 1,
        bytes: 10,
        newestGood: { name: 'd1', created: 1001 },
      },
    ],
  ] as const) {
    const summary = statusSummary(rows(here, there))
    t.strictSame(summary, expected, `${here} | ${there}`)
  }
  const newest = (here: string, objects: readonly StoredSnapshot[]) =>
    statusSummary(
      statusRows({
        dataset: DATASET,
        local: local(here),
        stored: objects,
        prefix: '',
      }),
    ).newestGood
  // a clock was set back
  t.match(newest('@d90 @d5', stored('@d90=full @d5<d90')), { name: 'd5' })
  t.match(newest('@d90 @d5', stored('@d90=full @d5=full')), { name: 'd5' })
  // and a backup of the future is as old as its object
  const ahead = stored('@d9000=full').map((one) => ({ ...one, uploaded: 100 }))
  t.strictSame(newest('', ahead), { name: 'd9000', created: 100 })
  t.end()
})

void t.test('10,000 rows', (t) => {
  const long = longChain(10_000)
  const all = rows(long.local, long.stored)
  t.equal(all.length, 10_000)
  t.equal(all.at(-1)?.name, 'd9999')
  t.match(statusSummary(all), { unhealthy: 0, notStored: 0 })
  t.end()
})
