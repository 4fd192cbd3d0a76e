import t from 'tap'
import { explainThin, parseSchedule, thin } from '../src/index.js'
import { random } from '@z3/fixtures'

interface Snapshot {
  readonly created: number
  readonly id: number
  readonly wanted: boolean
}

interface Case {
  readonly text: string
  readonly snapshots: readonly Snapshot[]
  readonly now: number
}

/** As the rules are written, so that no parser of ours is in between. */
const RULES: readonly (readonly [text: string, period: number, ttl: number])[] = [
  ['10s1min', 10, 60],
  ['1min1min', 60, 60],
  ['1min10min', 60, 600],
  ['60s1h', 60, 3600],
  ['7min1d', 420, 86_400],
  ['1h1d', 3600, 86_400],
  ['1d1w', 86_400, 604_800],
  ['24h1m', 86_400, 2_592_000],
  ['1w1m', 604_800, 2_592_000],
  ['1m1y', 2_592_000, 31_557_600],
  ['1y2y', 31_557_600, 63_115_200],
]

/**
 * Some rules, and times that crowd where a rule turns: at a block's borders, at
 * the age of its ttl, one second beside them. A few are of the future, equal,
 * or out of order.
 */
function randomCase(seed: number): Case & {
  readonly rules: typeof RULES
  readonly alwaysKeep: number
} {
  const next = random(seed)
  const below = (n: number): number => Math.floor(next() * n)
  const rules = RULES.filter(() => next() < 0.3)
  const alwaysKeep = next() < 0.5 ? 0 : below(8)
  const start = next() < 0.2 ? 0 : 1_600_000_000 + below(100_000_000)
  const now = start + 70_000_000
  const time = (): number => {
    const [, period, ttl] = RULES[below(RULES.length)] ?? ['', 1, 1]
    const beside = below(3) - 1
    const some = now - below(Math.min(ttl * 1.1, 70_000_000))
    const border = some - (some % period) + beside
    const turn = now - ttl + beside
    return [some, border, turn, now + below(1000)][below(4)] ?? now
  }
  const times = Array.from({ length: below(60) }, time)
  if (next() < 0.9) times.sort((a, b) => a - b)
  const parts = [...rules.map(([text]) => text), String(alwaysKeep)]
  return {
    rules,
    alwaysKeep,
    text: parts.sort(() => next() - 0.5).join(next() < 0.5 ? ',' : ' , '),
    snapshots: times.map((created, id) => ({
      created,
      id,
      wanted: next() < 0.05,
    })),
    now,
  }
}

/**
 * The rules once more, by their wording: a rule keeps a snapshot that is not too
 * old for it, if none before it in the same block was young enough for a rule
 * of that period. What is of the future is kept besides.
 */
function whatKeeps(
  one: Snapshot,
  { rules, alwaysKeep, snapshots, now }: ReturnType<typeof randomCase>,
): readonly string[] {
  const startOfBlock = (s: Snapshot, period: number) => s.created - (s.created % period)
  const before = snapshots.slice(0, one.id)
  const byRule = rules
    .filter(([, period, ttl]) => {
      const longest = Math.max(...rules.flatMap((other) => (other[1] === period ? [other[2]] : [])))
      return (
        one.created >= now - ttl &&
        !before.some(
          (s) =>
            startOfBlock(s, period) === startOfBlock(one, period) && s.created >= now - longest,
        )
      )
    })
    .map(([text]) => text)
  return [
    ...(snapshots.length - one.id <= alwaysKeep ? ['last'] : []),
    ...byRule,
    ...(one.created > now ? ['future'] : []),
    ...(one.wanted ? ['wanted'] : []),
  ]
}

const wanted = (one: Snapshot): boolean => one.wanted

void t.test('a plain restatement of the rules agrees', (t) => {
  const seen = { kept: 0, let: 0, shared: 0 }
  for (let seed = 1; seed <= 1000; seed++) {
    const one = randomCase(seed)
    const { snapshots, now, text } = one
    const schedule = parseSchedule(text)
    const want = snapshots.map((s) => [s.id, [...whatKeeps(s, one)].sort()])
    const got = explainThin(snapshots, schedule, now, wanted).map(({ snapshot, reasons }) => [
      snapshot.id,
      reasons.map((why) => (why.kind === 'rule' ? why.rule.text : why.kind)).sort(),
    ])
    if (JSON.stringify(got) !== JSON.stringify(want)) {
      t.strictSame(got, want, `seed ${String(seed)}: '${text}'`)
      break
    }
    const { keep, destroy } = thin(snapshots, schedule, now, wanted)
    const idsOf = (reasons: (n: number) => boolean) =>
      snapshots.filter((s) => reasons(whatKeeps(s, one).length))
    if (
      JSON.stringify([keep, destroy]) !==
      JSON.stringify([idsOf((n) => n > 0), idsOf((n) => n === 0)])
    ) {
      t.fail(`seed ${String(seed)}: thin and explainThin differ`)
      break
    }
    seen.kept += keep.length
    seen.let += destroy.length
    seen.shared += Number(new Set(one.rules.map(([, p]) => p)).size < one.rules.length)
  }
  // the cases are about something
  t.ok(seen.kept > 1000, `${String(seen.kept)} kept`)
  t.ok(seen.let > 1000, `${String(seen.let)} let go`)
  t.ok(seen.shared > 100, `${String(seen.shared)} with a shared period`)
  t.end()
})

void t.test('thinning what was kept lets nothing go', (t) => {
  let kept = 0
  for (let seed = 1; seed <= 300; seed++) {
    const { snapshots, now, text } = randomCase(seed)
    const schedule = parseSchedule(text)
    const { keep } = thin(snapshots, schedule, now, wanted)
    kept += keep.length
    const again = thin(keep, schedule, now, wanted)
    if (again.destroy.length > 0) {
      t.strictSame(again.destroy, [], `seed ${String(seed)}: '${text}'`)
      break
    }
  }
  t.ok(kept > 1000, `${String(kept)} kept`)
  t.end()
})

void t.test('what is missing from a list lets nothing else go', (t) => {
  let missing = 0
  for (let seed = 1; seed <= 300; seed++) {
    const { snapshots, now, text } = randomCase(seed)
    const schedule = parseSchedule(text)
    const next = random(seed)
    const some = snapshots.filter(() => next() < 0.7)
    missing += snapshots.length - some.length
    const { destroy } = thin(snapshots, schedule, now, wanted)
    const more = thin(some, schedule, now, wanted).destroy.filter((one) => !destroy.includes(one))
    if (more.length > 0) {
      t.strictSame(more, [], `seed ${String(seed)}: '${text}'`)
      break
    }
  }
  t.ok(missing > 1000, `${String(missing)} were missing`)
  t.end()
})
