import t from 'tap'
import { checkHeads, planRestore, type RestorePlan, type StreamHead } from '../src/index.js'
import { DATASET, failure, local, stored, words } from './notation.js'

const plan = (there: string, upTo: string, here?: string): RestorePlan =>
  planRestore({
    stored: stored(there),
    upTo,
    dataset: DATASET,
    into: DATASET,
    local: here === undefined ? undefined : local(here),
    modified: false,
    onLoss: 'refuse',
  })

/** `7` is a full stream, `8<7` an increment, `R` a replication stream, `?` unknown. */
const heads = (text: string): (StreamHead | undefined)[] =>
  words(text).map((word) => {
    if (word === '?') return undefined
    const [guid = '', from] = word.split('<')
    return word === 'R'
      ? { compound: true, guid: '0', fromGuid: undefined }
      : { compound: false, guid, fromGuid: from }
  })

const check = (plan: RestorePlan, text: string) => {
  const all = heads(text)
  checkHeads(
    plan,
    new Map(
      plan.steps.flatMap((step, i) => {
        const head = all[i]
        return head ? [[step, head]] : []
      }),
    ),
  )
}

void t.test('streams that are what their metadata say', (t) => {
  for (const [there, upTo, here, streams] of [
    ['@a#7=full @b#8<a#7', 'b', undefined, '7 8<7'],
    ['@a#7=full @b#8<a#7', 'b', '@a#7', '8<7'],
    // without guids the streams must fit together
    ['@a=full! @b<a!', 'b', undefined, '7 8<7'],
    ['@a=full! @b<a!', 'b', '@a#7', '8<7'],
    // what was not looked at, and what has no guid
    ['@a#7=full @b#8<a#7', 'b', undefined, '? 8<7'],
    ['@a=full! @b<a! @c<b!', 'c', undefined, '? 8<7 9<8'],
    ['@a=full! @b<a!', 'b', undefined, 'R 8<7'],
    ['@a=full! @b<a!', 'b', undefined, 'R R'],
  ] as const) {
    check(plan(there, upTo, here), streams)
  }
  t.end()
})

void t.test('streams that are not', (t) => {
  for (const [there, upTo, here, streams, message] of [
    [
      '@a#7=full',
      'a',
      undefined,
      '6',
      "'z3-backup/tank/a@a' contains another snapshot than its metadata says: guid 6 in the stream, 7 in the metadata",
    ],
    [
      '@a#7=full @b#8<a#7',
      'b',
      undefined,
      '7 9<7',
      "'z3-backup/tank/a@b' contains another snapshot than its metadata says: guid 9 in the stream, 8 in the metadata",
    ],
    [
      '@a=full! @b<a!',
      'b',
      undefined,
      '7 8<6',
      "'z3-backup/tank/a@b' contains a stream that starts from another snapshot than 'tank/a@a': from guid 6, not 7",
    ],
    [
      '@a=full! @b<a!',
      'b',
      '@a#7',
      '8<6',
      "'z3-backup/tank/a@b' contains a stream that starts from another snapshot than 'tank/a@a': from guid 6, not 7",
    ],
    [
      '@a=full!',
      'a',
      undefined,
      '7<6',
      "'z3-backup/tank/a@a' is full according to its metadata, but contains an incremental stream",
    ],
    [
      '@a=full! @b<a!',
      'b',
      undefined,
      '7 8',
      "'z3-backup/tank/a@b' is incremental according to its metadata, but contains a full stream",
    ],
  ] as const) {
    t.match(
      failure(() => {
        check(plan(there, upTo, here), streams)
      }),
      {
        error: `stream-mismatch: object ${message}`,
        hint: /^Nothing was received/,
      },
    )
  }
  t.end()
})
