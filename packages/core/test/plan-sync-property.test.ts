import t, { type Test } from 'tap'
import {
  planSync,
  SyncConflict,
  type Bookmark,
  type LocalSnapshot,
  type SyncPlan,
  type SyncRequest,
} from '../src/index.js'
import { random } from '@z3/fixtures'
import { apply, modelOf, receive, Refused, type Model } from './sync-model.js'

const SOURCE = 'tank/a'
const THERE = 'pool/b'

/**
 * One history of which either side keeps a part. The destination may have some
 * of its own in it and behind it, and names come twice.
 */
function randomRequest(seed: number): SyncRequest {
  const next = random(seed)
  const chance = (p: number): boolean => next() < p
  const below = (n: number): number => Math.floor(next() * n)
  const reuse = chance(0.5)
  const nameOf = (i: number): string =>
    (chance(0.6) ? 'd' : 'x') + (reuse ? String(below(4)) : `${String(i)}n`)

  const taken = new Set<string>()
  const history = Array.from({ length: 1 + below(7) }, (_, i) => {
    const name = nameOf(i)
    const snapshot = taken.has(name) ? `${name}-${String(i)}` : name
    taken.add(snapshot)
    const createtxg = String(8 + i)
    return {
      snapshot,
      guid: String(100 + i),
      createtxg,
      created: 0,
      referenced: 0,
    }
  })
  const at = (dataset: string, s: (typeof history)[number]): LocalSnapshot => ({
    dataset,
    ...s,
  })
  const keep = 0.3 + 0.7 * next()
  const snapshots = history.filter(() => chance(keep)).map((s) => at(SOURCE, s))
  const bookmarks = history
    .filter(() => chance(0.3))
    .map(({ snapshot, guid, createtxg, created }): Bookmark => ({
      dataset: SOURCE,
      bookmark: `m${snapshot}`,
      guid,
      createtxg,
      created,
    }))
    .sort(() => next() - 0.5)

  const received = history.slice(0, 1 + below(history.length))
  const alien = chance(0.4) ? 0.4 : 0
  const there: LocalSnapshot[] = []
  const add = (s: (typeof history)[number]): void => {
    if (there.some(({ snapshot }) => snapshot === s.snapshot)) return
    there.push(at(THERE, { ...s, createtxg: String(1000 + there.length) }))
  }
  const own = (i: number): void => {
    if (!chance(alien)) return
    const [like] = history
    if (like) add({ ...like, snapshot: nameOf(i + 50), guid: String(900 + i) })
  }
  received.forEach((s, i) => {
    own(i)
    if (chance(0.7)) add(s)
  })
  own(50)

  const named = history[below(history.length)]?.snapshot
  return {
    source: { dataset: SOURCE, snapshots, bookmarks },
    destination: {
      dataset: THERE,
      snapshots: chance(0.1) ? undefined : there,
      modified: chance(0.2),
    },
    prefix: chance(0.5) ? 'd' : '',
    upTo: chance(0.3) ? named : undefined,
    stream: chance(0.3) ? 'each' : 'between',
    versions: chance(0.3) ? 'matching' : 'all',
    first: chance(0.5) ? 'oldest' : 'newest',
    onLoss: chance(0.4) ? 'rollback' : 'refuse',
  }
}

/** The target, as the rule has it. */
function targetOf({ source, prefix, upTo }: SyncRequest) {
  return source.snapshots
    .filter(({ snapshot }) =>
      upTo === undefined ? snapshot.startsWith(prefix) : snapshot === upTo,
    )
    .at(-1)
}

const guids = ({ snapshots }: Model): readonly string[] => snapshots?.map(({ guid }) => guid) ?? []

/** @returns what came of it */
function check(t: Test, seed: number, request: SyncRequest): string {
  const target = targetOf(request)
  const model = modelOf(request.destination)
  const before = guids(model)
  let plan: SyncPlan
  try {
    plan = planSync(request)
  } catch (error) {
    if (error instanceof SyncConflict) {
      checkConflict(t, seed, request, error)
      return error.kind
    }
    if (target) throw error
    return 'no target'
  }
  if (!target) {
    t.fail(`${String(seed)}: a plan without a target`)
    return 'bad'
  }
  try {
    apply(request, plan, model)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    t.fail(`${String(seed)}: ${error.message}`, { request, plan })
    return 'bad'
  }
  const after = guids(model)
  const lost = before.filter((guid) => !after.includes(guid))
  const told = plan.rollback.map(({ guid }) => guid)
  const gained = after.filter((guid) => !before.includes(guid))
  const ok =
    (plan.upToDate
      ? plan.steps.length === 0 && before.includes(target.guid)
      : after.at(-1) === target.guid && gained.length > 0) &&
    lost.join() === told.join() &&
    (request.onLoss === 'rollback' ||
      (!plan.rollbackTo && plan.steps.every(({ force }) => !force))) &&
    gained.join() === expectedGain(request, target, before).join()
  if (!ok) t.fail(`${String(seed)}: wrong`, { request, plan, before, after })
  return plan.upToDate ? 'up to date' : told.length > 0 ? 'rolled back' : 'sent'
}

/** What is newer than all that both have, said without the planner's words. */
function expectedGain(
  { source, first: begin, prefix, versions }: SyncRequest,
  target: LocalSnapshot,
  before: readonly string[],
): readonly string[] {
  if (before.includes(target.guid)) return []
  const limit = Number(target.createtxg)
  const matches = (s: LocalSnapshot): boolean => s.snapshot.startsWith(prefix)
  const upTo = source.snapshots.filter((s) => Number(s.createtxg) <= limit)
  const common = [...upTo, ...source.bookmarks]
    .filter(({ guid }) => before.includes(guid))
    .map(({ createtxg }) => Number(createtxg))
    .filter((txg) => txg <= limit)
  const first = begin === 'oldest' ? (upTo.find(matches) ?? target) : target
  const from = before.length > 0 ? Math.max(...common) : Number(first.createtxg) - 1
  return upTo
    .filter((s) => Number(s.createtxg) > from)
    .filter((s) => versions === 'all' || s === target || matches(s))
    .map(({ guid }) => guid)
}

// That there was no way: neither a full stream nor an increment from whatever
// the source has would have been received, nor its rollback have helped.
function checkConflict(
  t: Test,
  seed: number,
  request: SyncRequest,
  { kind, message, common }: SyncConflict,
): void {
  const { source, destination, onLoss } = request
  const target = targetOf(request)
  const there = destination.snapshots ?? []
  if (!target) {
    t.fail(`${String(seed)}: a conflict without a target: ${message}`)
    return
  }
  if (kind === 'name-reused') {
    // of the target, or of what comes before it
    const wanted = expectedGain(
      request,
      target,
      there.map(({ guid }) => guid),
    )
    const names = source.snapshots
      .filter(({ guid }) => wanted.includes(guid))
      .map(({ snapshot }) => snapshot)
    const kept = there.slice(0, there.findIndex((s) => s === common) + 1)
    if (!kept.some(({ snapshot }) => names.includes(snapshot))) {
      t.fail(`${String(seed)}: no name is taken: ${message}`)
    }
    return
  }
  const limit = Number(target.createtxg)
  const bases = [...source.snapshots, ...source.bookmarks]
    .filter(({ createtxg }) => Number(createtxg) < limit)
    .map(({ guid }) => guid)
  for (const base of [undefined, ...bases]) {
    const model = modelOf(destination)
    try {
      receive(model, base, `${THERE}@new`, target.guid, onLoss === 'rollback')
    } catch (error) {
      if (error instanceof Refused) continue
      throw error
    }
    t.fail(`${String(seed)}: it could have been sent: ${message}`)
  }
}

void t.test('random histories', (t) => {
  const seen: Record<string, number> = {}
  for (let seed = 1; seed <= 20_000; seed++) {
    const outcome = check(t, seed, randomRequest(seed))
    seen[outcome] = (seen[outcome] ?? 0) + 1
  }
  t.comment(JSON.stringify(seen))
  // or the above has not tried much
  for (const outcome of [
    'sent',
    'rolled back',
    'up to date',
    'no target',
    'diverged',
    'no-common',
    'ahead',
    'modified',
    'name-reused',
    'not-empty',
  ]) {
    t.ok((seen[outcome] ?? 0) >= 50, `${outcome}: ${String(seen[outcome])}`)
  }
  t.end()
})
