import t from 'tap'
import { planSnapshots, type SnapshotCandidate } from '../src/index.js'

const plan = (candidates: readonly SnapshotCandidate[], minChange: number): readonly string[] => {
  const { pools, unchanged } = planSnapshots(candidates, {
    snapshot: 's',
    minChange,
  })
  return [
    ...pools.map(
      ({ pool, names }) =>
        `${pool}: ${names.map(({ dataset, snapshot }) => `${dataset}@${snapshot}`).join(' ')}`,
    ),
    ...unchanged.map(({ dataset, reason }) => `${dataset}: ${reason}`),
  ]
}

void t.test('who gets one', (t) => {
  const candidates = [
    { dataset: 'a/none' },
    { dataset: 'a/same', latest: 'o', written: 0 },
    { dataset: 'a/less', latest: 'p', written: 99 },
    { dataset: 'a/just', latest: 'o', written: 100 },
    { dataset: 'a/unknown', latest: 'o', written: undefined },
  ]
  t.strictSame(plan(candidates, 100), [
    'a: a/none@s a/just@s a/unknown@s',
    'a/same: No changes since o',
    'a/less: No changes since p',
  ])
  t.strictSame(plan(candidates, 1), [
    'a: a/none@s a/less@s a/just@s a/unknown@s',
    'a/same: No changes since o',
  ])
  t.strictSame(plan(candidates, 0), ['a: a/none@s a/same@s a/less@s a/just@s a/unknown@s'])
  t.strictSame(plan([], 1), [])
  t.end()
})

void t.test('one group for a pool, its root dataset too', (t) => {
  t.strictSame(
    plan(
      ['b/x', 'a', 'b', 'a/y', 'ab/z'].map((dataset) => ({ dataset })),
      1,
    ),
    ['b: b/x@s b@s', 'a: a@s a/y@s', 'ab: ab/z@s'],
  )
  t.end()
})
