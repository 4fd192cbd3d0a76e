import assert from 'node:assert/strict'
import { fuzz } from '@z3/fixtures'
import fc from 'fast-check'
import t from 'tap'
import {
  checkHealth,
  explainThin,
  formatSnapshotName,
  newestHealthy,
  parseSchedule,
  planPrune,
  type StoredSnapshot,
} from '../src/index.js'
import { stored } from './notation.js'

const DAY = 86_400
const SPAN = 40 * DAY

/** Any forest of chains, a few of them broken; times go up, but for a clock that was set back. */
const forest = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: SPAN }),
      /** Among those before it; negative: full. */
      parent: fc.integer({ min: -2, max: 1000 }),
      oddity: fc.constantFrom('', '', '', '', '', '', '', '?', '!', 'lost', 'back'),
      prefix: fc.constantFrom('d', 'd', 'd', 'x'),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((items) => {
    const sorted = items.toSorted((a, b) => a.at - b.at)
    const names = sorted.map(({ prefix }, i) => `${prefix}-${String(i)}`)
    const words = sorted.map(({ parent, oddity }, i) => {
      const base = i === 0 || parent < 0 ? undefined : names[parent % i]
      const kind = oddity === 'lost' ? '<nowhere' : base === undefined ? '=full' : `<${base}`
      return `@${names[i] ?? ''}${kind}${['?', '!'].includes(oddity) ? oddity : ''}`
    })
    return stored(words.join(' ')).map((object, i): StoredSnapshot => {
      const { at = 0, oddity } = sorted[i] ?? {}
      const created = oddity === 'back' ? Math.max(0, at - 10 * DAY) : at
      return { ...object, created: oddity === '!' ? undefined : created, uploaded: at }
    })
  })

const schedules = fc
  .subarray(['3', '6h2d', '1d1w', '1w1m', '1m1y'])
  .map((parts) => parseSchedule(parts.join(',')))

void t.test('a crash after any deletion leaves a healthy bucket', async () => {
  await fuzz(
    [forest, schedules, fc.constantFrom('', 'd'), fc.infiniteStream(fc.nat())],
    (all, schedule, prefix, choices) => {
      const now = SPAN + DAY
      const request = { stored: all, schedule, prefix, now, respectMinimum: false }
      const plan = planPrune(request)
      assert.equal(plan.keep.length + plan.delete.length, all.length)
      const before = checkHealth(all)
      const newest = newestHealthy(all, before)
      const healthOf = (object: StoredSnapshot) => before.get(formatSnapshotName(object))
      for (const { object } of plan.delete) {
        assert.notEqual(object, newest)
        assert.equal(healthOf(object), 'ok')
        assert.ok(object.snapshot.startsWith(prefix))
      }
      // what the thinner keeps of the healthy ones, by itself
      const candidates = plan.keep
        .concat(plan.delete)
        .sort((a, b) => a.place - b.place)
        .map(({ object }) => object)
        .filter((one) => healthOf(one) === 'ok' && one.snapshot.startsWith(prefix))
        .map((object) => ({ object, created: object.created ?? object.uploaded ?? 0 }))
      const gone = new Set(plan.delete.map(({ object }) => object))
      for (const { snapshot, reasons } of explainThin(candidates, schedule, now)) {
        if (reasons.length > 0) assert.ok(!gone.has(snapshot.object))
      }
      // any order within a depth
      let left = all
      const waiting = [...plan.delete]
      while (waiting.length > 0) {
        const deepest = Math.max(...waiting.map(({ depth }) => depth))
        const ready = waiting.filter(({ depth }) => depth === deepest)
        const next = ready[(choices.next().value ?? 0) % ready.length]
        if (!next) break
        waiting.splice(waiting.indexOf(next), 1)
        left = left.filter((object) => object !== next.object)
        const after = checkHealth(left)
        for (const [name, state] of after) assert.equal(state, before.get(name))
        // the next run goes on with the same
        const again = planPrune({ ...request, stored: left }).delete.map(({ object }) => object)
        assert.deepEqual(new Set(again), new Set(waiting.map(({ object }) => object)))
      }
    },
  )
})
