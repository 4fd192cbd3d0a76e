import t, { type Test } from 'tap'
import {
  AWS_PART_LIMITS,
  estimatedPartSize,
  GIB,
  MIB,
  partSchedule,
  partSize,
  reach,
  TIB,
  type PartLimits,
  type PartSchedule,
} from '../src/index.js'

const PLENTY = 8 * GIB

/** Every part of a schedule. */
const sizes = (schedule: PartSchedule): number[] =>
  Array.from({ length: schedule.maxParts }, (_, i) => partSize(schedule, i + 1))

const sum = (list: readonly number[]): number => list.reduce((total, size) => total + size, 0)

/** What holds for every schedule, whatever it was made for. */
const checkSchedule = (
  t: Test,
  schedule: PartSchedule,
  limits: PartLimits,
  memory: number,
  what: string,
): void => {
  const all = sizes(schedule)
  t.equal(all.length, limits.maxParts, `${what}: as many parts as there may be`)
  t.ok(
    all.every((size) => size >= Math.min(limits.minPart, memory)),
    `${what}: no part is smaller than the store allows`,
  )
  const shrinks = all.findIndex((size, i) => size < (all[i - 1] ?? 0))
  t.equal(shrinks, -1, `${what}: no part is smaller than the one before`)
  t.ok(all.every(Number.isSafeInteger), `${what}: whole bytes`)
  t.ok(
    all.every((size) => size <= Math.min(memory, limits.maxPart)),
    `${what}: no part is larger than memory or the store allows`,
  )
  t.equal(reach(schedule), sum(all), `${what}: reach is the sum of the parts`)
}

void t.test("z3's formula", (t) => {
  for (const [estimated, size] of [
    [0, 5242880],
    [1, 5242880],
    [46 * GIB, 5242880],
    [50 * GIB, 5637708],
    [500 * GIB, 56377083],
    [TIB, 115460266],
    [2 * TIB, 230920533],
  ] as const) {
    t.equal(estimatedPartSize(estimated), size, String(estimated))
  }
  t.end()
})

void t.test('an estimate makes the floor', (t) => {
  for (const [estimated, size] of [
    [GIB, 5242880],
    [50 * GIB, 5637708],
    [TIB, 115460266],
  ] as const) {
    const schedule = partSchedule({ estimated }, AWS_PART_LIMITS, PLENTY)
    t.equal(partSize(schedule, 1), size)
    t.equal(partSize(schedule, 9000), size, 'and holds for nine tenths')
    checkSchedule(t, schedule, AWS_PART_LIMITS, PLENTY, String(estimated))
  }
  t.end()
})

void t.test('an estimate that was too low does not end the upload', (t) => {
  for (const [estimated, factor] of [
    [GIB, 300],
    [50 * GIB, 6],
    [TIB, 1.3],
  ] as const) {
    const schedule = partSchedule({ estimated }, AWS_PART_LIMITS, 512 * MIB)
    t.ok(reach(schedule) >= factor * estimated, String(estimated))
  }
  t.end()
})

void t.test('nothing is known of the length', (t) => {
  const schedule = partSchedule({}, AWS_PART_LIMITS, PLENTY)
  t.equal(partSize(schedule, 1), 5 * MIB, 'starts at the floor')
  t.equal(partSize(schedule, 3400), 5 * MIB)
  t.equal(partSize(schedule, 3401), 10 * MIB, 'then doubles')
  t.ok(reach(schedule) >= 5 * TIB, 'reaches the largest object')
  t.ok(sum(sizes(schedule).slice(0, 9950)) >= 5 * TIB, 'with parts to spare')
  t.ok(sum(sizes(schedule).slice(0, 3400)) >= 16 * GIB, 'a stream of 16 GiB needs little memory')
  checkSchedule(t, schedule, AWS_PART_LIMITS, PLENTY, 'unknown')
  t.end()
})

void t.test('memory caps the parts, not their number', (t) => {
  let before = 0
  for (const memory of [5, 6, 10, 11, 64, 100, 512, 1024, 4096]) {
    const schedule = partSchedule({}, AWS_PART_LIMITS, memory * MIB)
    checkSchedule(t, schedule, AWS_PART_LIMITS, memory * MIB, `${String(memory)} MiB`)
    t.ok(reach(schedule) >= before, 'more memory never reaches less far')
    before = reach(schedule)
  }
  const small = partSchedule({}, AWS_PART_LIMITS, 5 * MIB)
  t.equal(reach(small), 10_000 * 5 * MIB)
  t.end()
})

void t.test('a chunk size is the size of every part', (t) => {
  for (const chunkSize of [5 * MIB, 5 * MIB + 1, 64 * MIB, GIB]) {
    const schedule = partSchedule({ chunkSize }, AWS_PART_LIMITS, PLENTY)
    t.ok(sizes(schedule).every((size) => size === chunkSize))
    t.equal(reach(schedule), 10_000 * chunkSize)
  }
  t.end()
})

void t.test('a store whose parts must be equal', (t) => {
  const limits = { ...AWS_PART_LIMITS, equalParts: true }
  for (const request of [{}, { estimated: TIB }, { chunkSize: 7 * MIB }]) {
    const schedule = partSchedule(request, limits, PLENTY)
    t.equal(new Set(sizes(schedule)).size, 1, JSON.stringify(request))
    checkSchedule(t, schedule, limits, PLENTY, JSON.stringify(request))
  }
  t.equal(partSize(partSchedule({}, limits, PLENTY), 1), 64 * MIB)
  t.equal(partSize(partSchedule({}, limits, 8 * MIB), 1), 8 * MIB)
  t.ok(reach(partSchedule({ estimated: TIB }, limits, PLENTY)) >= TIB)
  t.end()
})

void t.test('a store of a thousand parts', (t) => {
  const limits = { ...AWS_PART_LIMITS, maxParts: 1000 }
  const unknown = partSchedule({}, limits, PLENTY)
  checkSchedule(t, unknown, limits, PLENTY, 'unknown')
  t.equal(partSize(unknown, 1), 5 * MIB)
  t.equal(partSize(unknown, 341), 10 * MIB, 'grows ten times sooner')
  t.ok(reach(unknown) >= 512 * GIB)
  for (const estimated of [GIB, 50 * GIB, TIB]) {
    const schedule = partSchedule({ estimated }, limits, PLENTY)
    checkSchedule(t, schedule, limits, PLENTY, String(estimated))
    t.ok(partSize(schedule, 1) * 1000 >= estimated, 'the floor alone holds the estimate')
  }
  t.end()
})

void t.test('a store with a larger smallest part', (t) => {
  const limits = { minPart: 64 * MIB, maxPart: 5 * GIB, maxParts: 10_000 }
  for (const request of [{}, { estimated: GIB }]) {
    const schedule = partSchedule(request, limits, PLENTY)
    t.equal(partSize(schedule, 1), 64 * MIB)
    checkSchedule(t, schedule, limits, PLENTY, JSON.stringify(request))
  }
  t.end()
})

void t.test('whatever is asked for, the rules hold', (t) => {
  // a fixed sequence, so that what fails fails again
  let state = 1
  const random = (most: number): number => {
    state = (state * 48271) % 2147483647
    return Math.floor((state / 2147483647) * most)
  }
  for (let i = 0; i < 60; i++) {
    const maxParts = [10_000, 1000, 100][random(3)] ?? 1
    const limits: PartLimits = {
      minPart: (5 + random(60)) * MIB,
      maxPart: 5 * GIB,
      maxParts,
    }
    const memory = limits.minPart + random(2 * GIB)
    const estimated = random(2) === 0 ? undefined : random(maxParts * limits.minPart)
    const schedule = partSchedule({ estimated }, limits, memory)
    const what = JSON.stringify({ estimated, limits, memory })
    checkSchedule(t, schedule, limits, memory, what)
    t.ok(reach(schedule) >= (estimated ?? 0), `${what}: the estimate fits`)
  }
  t.end()
})

void t.test('the size doubles with part 3401, and again with 3651', (t) => {
  const schedule = partSchedule({}, AWS_PART_LIMITS, 512 * MIB)
  const sizes = [1, 3400, 3401, 3402, 3650, 3651, 3652].map((n) => partSize(schedule, n) / MIB)
  t.strictSame(sizes, [5, 5, 10, 10, 10, 20, 20])
  t.end()
})
