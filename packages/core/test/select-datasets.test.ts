import t from 'tap'
import { isWithin, selectDatasets, type SelectionOptions, type SelectionRow } from '../src/index.js'

/** `dataset value source [written]`; `<X` for `inherited from X`. */
const rows = (...lines: readonly string[]): readonly SelectionRow[] =>
  lines.map((line) => {
    const [dataset = '', value = '', source = '', written = '1'] = line.split(' ')
    return {
      dataset,
      type: dataset.endsWith('vol') ? 'volume' : 'filesystem',
      value,
      source: source.replace('<', 'inherited from '),
      written: Number(written),
    }
  })

const reasons = (given: readonly SelectionRow[], options?: SelectionOptions): readonly string[] =>
  selectDatasets(given, options).map(
    ({ dataset, selected, reason }) => `${selected ? '+' : '-'} ${dataset}: ${reason}`,
  )

const DIRECT = 'Selected (direct selection)'
const INHERITED = 'Selected (inherited selection)'

void t.test('each value, set and inherited', (t) => {
  t.strictSame(
    reasons(
      rows(
        'a - -',
        'a/yes true local',
        'a/yes/sub true <a/yes',
        'a/yes/sub/no false local',
        'a/yes/sub/no/deep false <a/yes/sub/no',
        'a/yes/sub/no/deep/again true local',
        'b child local',
        'b/vol child <b',
        'c parent received',
        'c/sub parent <c',
        'd true received',
        'd/sub true <d',
      ),
    ),
    [
      `+ a/yes: ${DIRECT}`,
      `+ a/yes/sub: ${INHERITED}`,
      '- a/yes/sub/no: Ignored (disabled)',
      '- a/yes/sub/no/deep: Ignored (disabled)',
      `+ a/yes/sub/no/deep/again: ${DIRECT}`,
      '- b: Ignored (only childs)',
      `+ b/vol: ${INHERITED}`,
      `+ c: ${DIRECT}`,
      '- c/sub: Ignored (only parent)',
      `+ d: ${DIRECT}`,
      `+ d/sub: ${INHERITED}`,
    ],
  )
  t.strictSame(selectDatasets(rows('b/vol child <b')), [
    {
      dataset: 'b/vol',
      type: 'volume',
      selected: true,
      excluded: false,
      reason: INHERITED,
    },
  ])
  t.end()
})

void t.test('in the order of the rows', (t) => {
  t.strictSame(
    selectDatasets(rows('z true local', 'a true local', 'm - -')).map(({ dataset }) => dataset),
    ['z', 'a'],
  )
  t.strictSame(selectDatasets([]), [])
  t.end()
})

void t.test('received, also where it was inherited from there', (t) => {
  const given = rows(
    'a true received',
    'a/sub true <a',
    'a/own true local',
    'b true local',
    'b/sub true <b',
    // what it comes from is not to be seen here
    'c/sub true <c',
  )
  t.strictSame(reasons(given, { excludeReceived: true }), [
    '- a: Ignored (received property)',
    '- a/sub: Ignored (received property)',
    `+ a/own: ${DIRECT}`,
    `+ b: ${DIRECT}`,
    `+ b/sub: ${INHERITED}`,
    `+ c/sub: ${INHERITED}`,
  ])
  t.end()
})

void t.test('paths: equal and below, not what begins alike', (t) => {
  const given = rows(
    'a true local',
    'a/b true <a',
    'a/b/c true <a',
    'a/bc true <a',
    'd false local',
  )
  t.strictSame(reasons(given, { excludePaths: ['a/b', 'd'] }), [
    `+ a: ${DIRECT}`,
    '- a/b: Ignored (excluded path)',
    '- a/b/c: Ignored (excluded path)',
    `+ a/bc: ${INHERITED}`,
    '- d: Ignored (disabled)',
  ])
  t.equal(isWithin('a/b', 'a/b'), true)
  t.equal(isWithin('a/b/c', 'a/b'), true)
  t.equal(isWithin('a/bc', 'a/b'), false)
  t.equal(isWithin('a', 'a/b'), false)
  t.end()
})

void t.test('unchanged: fewer bytes than asked for', (t) => {
  const given = rows(
    'a true local 0',
    'b true local 1',
    'c true local 4095',
    'd true local 4096',
    'e true local Infinity',
  )
  t.strictSame(
    reasons(given).map((line) => line.charAt(0)),
    ['+', '+', '+', '+', '+'],
  )
  t.strictSame(
    reasons(given, { excludeUnchanged: 1 })[0],
    '- a: Ignored (no changes since its newest snapshot)',
  )
  t.strictSame(reasons(given, { excludeUnchanged: 4096 }), [
    ...['a', 'b', 'c'].map(
      (dataset) => `- ${dataset}: Ignored (less than 4096 bytes written since its newest snapshot)`,
    ),
    `+ d: ${DIRECT}`,
    `+ e: ${DIRECT}`,
  ])
  t.end()
})

void t.test('another value is an error, and names who has it', (t) => {
  for (const value of ['yes', 'True', '', ' true', 'children', 'on']) {
    t.throws(
      () =>
        selectDatasets(
          [
            ...rows('a true local'),
            {
              dataset: 'a/b',
              type: 'filesystem',
              value,
              source: 'local',
              written: 0,
            },
          ],
          { property: 'autobackup:x' },
        ),
      {
        code: 'config',
        message: `autobackup:x of 'a/b' is ${JSON.stringify(value)} (allowed: true, child, parent, false)`,
        hint: "Set one of these: zfs set autobackup:x=VALUE 'a/b'; or none: zfs inherit autobackup:x 'a/b'.",
      },
      value,
    )
  }
  t.throws(() => selectDatasets(rows('a/b yes <a')), {
    message: /of 'a' is "yes"/,
  })
  t.throws(() => selectDatasets(rows('a - local')), {
    message: /of 'a' is "-" /,
  })
  t.throws(() => selectDatasets(rows(`a ${'x'.repeat(8000)} local`)), {
    message: /^.{0,160}$/,
  })
  t.strictSame(
    reasons(rows('a/b yes local'), { excludePaths: ['a'] }),
    ['- a/b: Ignored (excluded path)'],
    'below a target it is the work of others',
  )
  t.end()
})
