import t from 'tap'
import {
  parseSchedule,
  planReplication,
  thin,
  type ReplicaSnapshot,
  type ReplicationPlan,
  type ReplicationRequest,
} from '../src/index.js'
import { random } from '@z3/fixtures'

/** One side of a model, where streams and destroys happen at once. */
type Side = ReplicaSnapshot[]

type Request = ReplicationRequest<ReplicaSnapshot>
type Plan = ReplicationPlan<ReplicaSnapshot>

const RUNS = 400
const isOurs = (name: string): boolean => name.startsWith('d')

void t.test('random histories: many runs, each from what the last left', (t) => {
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const problem = history(seed)
    if (problem !== undefined) t.fail(`seed ${String(seed)}: ${problem}`)
  }
  t.pass(`${String(RUNS)} histories`)
  t.end()
})

/**
 * Live for some days: snapshots come, runs happen, and not all of them end.
 * Clocks are set back, and forward again.
 */
function history(seed: number): string | undefined {
  const next = random(seed)
  const dice = (sides: number): number => Math.floor(next() * sides)
  const pick = <T>(all: readonly T[]): T => all[dice(all.length)] as T
  const schedules = ['0', '2', '10s100s', '3,10s50s,50s500s', '1,60s600s']
  const options = {
    sourceSchedule: parseSchedule(pick(schedules)),
    targetSchedule: parseSchedule(pick(schedules)),
    versions: dice(3) === 0 ? ('all' as const) : ('managed' as const),
    exclude: dice(4) === 0 ? [/7$/] : [],
  }
  const source: Side = []
  let target: Side | undefined
  let now = 1000
  let count = 0
  for (let run = 0; run < 12; run += 1) {
    for (let n = dice(4); n >= 0; n -= 1) {
      now += 1 + dice(15)
      count += 1
      const name = `${dice(4) === 0 ? 'x' : 'd'}${String(count)}`
      source.push(take(name, now, count))
      if (dice(12) === 0) now += pick([-1, -20, -200, 20, 200])
    }
    const request: Request = {
      source: [...source],
      bookmarks: [],
      target: target && [...target],
      targetName: 'there',
      partial: undefined,
      isOurs,
      now,
      raw: false,
      onLoss: 'refuse',
      trustNames: false,
      isNeeded: () => false,
      ...options,
    }
    const plan = planReplication(request)
    // some runs end in the middle
    const steps = dice(5) === 0 ? dice(3) : plan.steps.length
    target ??= plan.steps.length > 0 && steps > 0 ? [] : undefined
    const problem =
      unsent(request, plan) ??
      apply(plan, source, target ?? [], steps) ??
      (steps >= plan.steps.length ? after(request, source, target ?? []) : undefined)
    if (problem !== undefined) return `run ${String(run)}: ${problem}`
  }
  return undefined
}

function take(snapshot: string, created: number, txg: number): ReplicaSnapshot {
  return {
    dataset: 'here',
    snapshot,
    guid: `9${String(txg)}`,
    created,
    createtxg: String(txg),
    referenced: 0,
    written: 1,
  }
}

/**
 * What is destroyed and must not be: what lies in the future, and what the
 * target is still to have of the newest, by the order in which they were taken.
 */
function unsent(
  { source, isOurs, exclude, now, targetSchedule }: Request,
  { common, destroySource, destroyTarget, steps }: Plan,
): string | undefined {
  const all = [
    ...[...destroySource, ...destroyTarget],
    ...steps.flatMap((one) => [...one.destroySource, ...one.destroyTarget]),
  ]
  const ahead = all.find(({ created }) => created > now)
  if (ahead) return `destroys ${ahead.snapshot}, which lies in the future`
  const txg = BigInt(common?.source.createtxg ?? 0)
  const toCome = source.filter(
    ({ snapshot, createtxg }) =>
      BigInt(createtxg) > txg && isOurs(snapshot) && !exclude.some((one) => one.test(snapshot)),
  )
  const last = toCome.slice(-Math.max(1, targetSchedule?.alwaysKeep ?? 0))
  const sent = steps.map(({ snapshot }) => snapshot)
  const lost = last.find((one) => destroySource.includes(one) || !sent.includes(one))
  return lost && `${lost.snapshot} is not sent, though one of the last`
}

/** Do what a plan says; each stream needs its base on both sides. */
function apply(
  { destroySource, destroyTarget, steps }: Plan,
  source: Side,
  target: Side,
  count: number,
): string | undefined {
  const remove = (side: Side, gone: readonly ReplicaSnapshot[]): string | undefined => {
    for (const { snapshot } of gone) {
      if (!isOurs(snapshot)) return `destroys ${snapshot} of others`
      const at = side.findIndex((one) => one.snapshot === snapshot)
      if (at < 0) return `destroys ${snapshot}, which is not there`
      side.splice(at, 1)
    }
    return undefined
  }
  let problem = remove(source, destroySource) ?? remove(target, destroyTarget)
  for (const step of steps.slice(0, count)) {
    const { base, snapshot } = step
    if (!source.includes(snapshot)) return `sends ${snapshot.snapshot}, gone`
    if (base) {
      if (!source.some(({ guid }) => guid === base.guid)) {
        return `sends from a base that is gone`
      }
      if (target.at(-1)?.guid !== base.guid) {
        return `the target's newest is not the base of ${snapshot.snapshot}`
      }
    } else if (target.length > 0) return 'a second full stream'
    target.push({ ...snapshot, dataset: 'there' })
    problem ??= remove(source, step.destroySource) ?? remove(target, step.destroyTarget)
  }
  return problem
}

/** What must be so when a run has ended. */
function after(request: Request, source: Side, target: Side): string | undefined {
  const { now, exclude, targetSchedule, sourceSchedule } = request
  const ours = (side: Side): Side => side.filter(({ snapshot }) => isOurs(snapshot))
  const newest = ours([...request.source]).at(-1)
  if (newest) {
    const excluded = exclude.some((one) => one.test(newest.snapshot))
    if (!source.includes(newest)) return 'the newest is gone'
    if (!excluded && !target.some(({ guid }) => guid === newest.guid)) {
      return 'the newest has not arrived'
    }
  }
  if (target.length > 0) {
    const common = source.findLast(({ guid }) => target.some((one) => one.guid === guid))
    if (!common) return 'nothing in common'
  }
  // one more run has nothing to send
  const again = planReplication({ ...request, source, target })
  if (again.steps.length > 0) return 'a second run sends more'
  // and what is left over on either side is what the schedule keeps, or common
  const spare = (side: Side, schedule: typeof targetSchedule): number => {
    if (!schedule) return 0
    const last = ours(side).at(-1)
    return thin(ours(side), schedule, now, (one) => one === last).destroy.length
  }
  const tooMany = 1
  if (target.length > 0 && spare(target, targetSchedule) > tooMany) {
    return 'the target keeps what its schedule lets go'
  }
  if (target.length > 0 && spare(source, sourceSchedule) > tooMany) {
    return 'the source keeps what its schedule lets go'
  }
  return undefined
}
