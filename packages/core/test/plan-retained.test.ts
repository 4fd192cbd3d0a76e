import t from 'tap'
import {
  chainOf,
  checkHealth,
  parseSchedule,
  planBackup,
  planPrune,
  storedByName,
  thin,
  type LocalSnapshot,
  type StoredSnapshot,
} from '../src/index.js'
import { random } from '@z3/fixtures'

const DAY = 86_400
const DATASET = 'tank/a'

/**
 * Sixty days with four runs a day: a snapshot, a backup, thinning on both sides.
 *
 * @param jitter seconds by which a run may be late
 * @param keepSource schedule of the source, where it is another
 */
const simulate = (
  text: string,
  { seed = 1, jitter = 0, skip = 0, keepSource = text, fullEvery = 365 * DAY } = {},
) => {
  const next = random(seed)
  const schedule = parseSchedule(text)
  let local: LocalSnapshot[] = []
  let stored: StoredSnapshot[] = []
  const stats = { full: 0, longest: 0, most: 0, uploads: 0, late: 0 }
  for (let i = 0; i < 240; i += 1) {
    const now = 1_700_000_000 + i * (DAY / 4) + Math.floor(next() * jitter)
    local.push({
      dataset: DATASET,
      snapshot: `s${String(i)}`,
      guid: String(i + 1),
      created: now,
      createtxg: String(i + 1),
      referenced: 0,
    })
    // a night without a backup
    if (next() >= skip) {
      const { steps } = planBackup({
        ...{ dataset: DATASET, local, stored, bookmarks: [], upTo: undefined, mode: 'incremental' },
        ...{ requested: [], prefix: '', first: 'oldest', onLoss: 'refuse' },
        ...{ encrypts: false, mayClear: false, retention: { schedule, fullEvery } },
      })
      for (const { snapshot, base, parent } of steps) {
        stats.uploads += 1
        if (!base) stats.full += 1
        stored.push({
          dataset: DATASET,
          snapshot: snapshot.snapshot,
          key: `z3-backup/${DATASET}@${snapshot.snapshot}`,
          bytes: 1,
          uploaded: now,
          size: 1,
          parent,
          guid: snapshot.guid,
          parentGuid: base?.guid,
          created: snapshot.created,
          compressor: undefined,
          encryptor: undefined,
          sendFlags: [],
          problem: undefined,
        })
      }
    }
    const plan = planPrune({ stored, schedule, prefix: '', now, respectMinimum: false })
    stored = plan.keep.map(({ object }) => object)
    for (const { reasons } of plan.keep) stats.late += Number(reasons[0]?.kind === 'parent')
    const last = local.at(-1)
    local = [...thin(local, parseSchedule(keepSource), now, (one) => one === last).keep]
    const byName = storedByName(stored)
    for (const state of checkHealth(stored).values()) if (state !== 'ok') throw new Error(state)
    for (const object of stored) {
      stats.longest = Math.max(stats.longest, chainOf(object, byName).length)
    }
    stats.most = Math.max(stats.most, stored.length)
  }
  return { ...stats, left: stored.length }
}

void t.test('sixty days, four a day: one full backup, short chains', (t) => {
  const stats = simulate('10,1d1w,1w1m,1m1y')
  t.comment(JSON.stringify(stats))
  t.equal(stats.uploads, 240)
  t.equal(stats.full, 1)
  t.ok(stats.longest <= 5, `the longest chain has ${String(stats.longest)} objects`)
  t.ok(stats.left < 30, `${String(stats.left)} objects`)
  t.end()
})

void t.test('late runs, nights without one, and a source that keeps less', (t) => {
  for (let seed = 1; seed <= 25; seed += 1) {
    for (const keepSource of ['10,1d1w,1w1m,1m1y', '10,1d1w', '10']) {
      const options = { seed, jitter: DAY / 5, skip: 0.3, keepSource }
      const stats = simulate('10,1d1w,1w1m,1m1y', options)
      t.equal(stats.full, 1, `${String(seed)} ${keepSource}: no upload is needed by pruning`)
      if (keepSource.includes('1m1y')) t.ok(stats.longest <= 6, String(stats.longest))
    }
  }
  t.end()
})

/** The beginning of a day, epoch seconds. */
const START = 19_676 * DAY

const chainPlan = (
  there: readonly { name: string; day: number; parent?: string; encryptor?: string }[],
  next: number,
  fullEvery = 365,
) => {
  const local = [...there, { name: 'next', day: next }].map(({ name, day }, i): LocalSnapshot => ({
    dataset: DATASET,
    snapshot: name,
    guid: String(i + 1),
    created: START + day * DAY,
    createtxg: String(i + 1),
    referenced: 0,
  }))
  const guidOf = (name?: string) => local.find(({ snapshot }) => snapshot === name)?.guid
  const stored = there.map(({ name, day, parent, encryptor }): StoredSnapshot => ({
    dataset: DATASET,
    snapshot: name,
    key: `z3-backup/${DATASET}@${name}`,
    bytes: 1,
    uploaded: START + day * DAY,
    size: 1,
    parent: parent && `${DATASET}@${parent}`,
    guid: guidOf(name),
    parentGuid: guidOf(parent),
    created: START + day * DAY,
    compressor: undefined,
    encryptor,
    sendFlags: [],
    problem: undefined,
  }))
  const { steps } = planBackup({
    ...{ dataset: DATASET, local, stored, bookmarks: [], upTo: undefined, mode: 'incremental' },
    ...{ requested: [], prefix: '', first: 'oldest', onLoss: 'refuse' },
    ...{ encrypts: false, mayClear: false },
    retention: { schedule: parseSchedule('10,1d1w,1w1m,1m1y'), fullEvery: fullEvery * DAY },
  })
  return steps.map(({ parent }) => parent?.replace(`${DATASET}@`, '') ?? 'full').join(' ')
}

void t.test('a full backup made by hand starts a new chain', (t) => {
  const before = [
    { name: 'f', day: 0 },
    { name: 'w', day: 7, parent: 'f' },
    { name: 'd', day: 8, parent: 'w' },
  ]
  t.equal(chainPlan(before, 8.2), 'd')
  const full = [...before, { name: 'r', day: 8.1 }]
  t.equal(chainPlan(full, 8.2), 'r', 'the hour')
  t.equal(chainPlan(full, 9), 'r', 'the day')
  t.equal(chainPlan(full, 40), 'r', 'the month')
  t.end()
})

void t.test('a full backup that is due is not stored in clear after encrypted ones', (t) => {
  const there = [{ name: 'f', day: 0, encryptor: 'age' }]
  t.throws(() => chainPlan(there, 40, 30), { code: 'encryption-differs' })
  t.end()
})

void t.test('FULL_EVERY', (t) => {
  const weeks = simulate('10,1d1w,1w1m,1m1y', { fullEvery: 7 * DAY })
  t.equal(weeks.full, 9)
  const months = simulate('10,1d1w,1w1m,1m1y', { fullEvery: 30 * DAY })
  t.ok(months.full >= 2 && months.full <= 3, String(months.full))
  t.equal(simulate('8', { fullEvery: DAY }).full, 60, 'without rules any snapshot')
  t.end()
})
