/**
 * Datasets with thirty snapshots each, pruned by schedule; every prune dies after one deletion. A few
 * datasets; twenty with Z3_TEST_ALL_FAULTS=1.
 */
import {
  chainOf,
  checkHealth,
  formatSnapshotName,
  parseSchedule,
  planBackup,
  storedByName,
  Z3Error,
  type LocalSnapshot,
} from '@z3/core'
import type { ObjectInfo, ObjectStore } from '@z3/s3'
import t from 'tap'
import { prune } from '../src/prune/prune.js'
import { loadStored } from '../src/store/load-stored.js'

const PREFIX = 'z3-backup/'
const DATASETS = process.env['Z3_TEST_ALL_FAULTS'] === undefined ? 4 : 20
const SNAPSHOTS = 30
const HOUR = 3600
/** Epoch seconds. */
const now = 1_700_000_000
const schedule = parseSchedule('3,1d3d,1w1m')
const never = new AbortController().signal

type Objects = Map<string, ObjectInfo>

/** @param onDelete called before a deletion */
const storeOf = (objects: Objects, onDelete: (key: string) => void = () => undefined) => {
  const store: Partial<ObjectStore> = {
    title: 'memory',
    now: () => new Date(now * 1000),
    head: (key) => {
      const found = objects.get(key)
      return found
        ? Promise.resolve(found)
        : Promise.reject(new Z3Error('no-such-key', `no object '${key}'`))
    },
    exists: (key) => Promise.resolve(objects.has(key)),
    put: (key) => {
      put(objects, key, {})
      return Promise.resolve()
    },
    delete: (key) => {
      onDelete(key)
      objects.delete(key)
      return Promise.resolve('deleted' as const)
    },
    list: async function* (prefix) {
      await Promise.resolve()
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()
      yield* keys.flatMap((key) => objects.get(key) ?? [])
    },
  }
  return store as ObjectStore
}

const put = (objects: Objects, key: string, metadata: ObjectInfo['metadata']): void => {
  const modified = new Date(now * 1000)
  objects.set(key, { key, size: 1, etag: `"${key}"`, metadata, modified, crc32: undefined })
}

const lookAt = async (objects: Objects, dataset: string) => {
  const place = { store: storeOf(objects), prefix: PREFIX, dataset }
  return (await loadStored(place, {}, never, () => undefined)).snapshots
}

/** Four snapshots a day, each stored with the parent that the schedule asks for. */
const backUp = async (objects: Objects, dataset: string, chained: boolean): Promise<void> => {
  const local: LocalSnapshot[] = []
  for (let i = 0; i < SNAPSHOTS; i += 1) {
    local.push({
      ...{ dataset, snapshot: `s${String(i)}`, guid: String(i + 1), referenced: 0 },
      created: now - (SNAPSHOTS - i) * 6 * HOUR,
      createtxg: String(i + 1),
    })
  }
  const { steps } = planBackup({
    ...{ dataset, local, bookmarks: [], stored: await lookAt(objects, dataset) },
    ...{ upTo: undefined, mode: 'incremental', requested: [], prefix: '', first: 'oldest' },
    ...{ onLoss: 'refuse', encrypts: false, mayClear: false },
    retention: chained ? undefined : { schedule, fullEvery: 5 * 24 * HOUR },
  })
  for (const { snapshot, base, parent } of steps) {
    const name = formatSnapshotName(snapshot)
    put(objects, `${PREFIX}${name}`, {
      ...(parent !== undefined && base ? { parent, 'parent-guid': base.guid } : { isfull: 'true' }),
      guid: snapshot.guid,
      created: String(snapshot.created),
    })
    put(objects, `${PREFIX}.z3/${name}.json`, {})
  }
}

const pruneIn = (store: ObjectStore, dataset: string, signal: AbortSignal, dryRun = false) =>
  prune(
    { store, prefix: PREFIX, dataset },
    {
      ...{ schedule, prefix: '', respectMinimum: false, maxPercent: 100, force: false },
      ...{ dryRun, unlocked: false, versions: false, env: {}, signal },
      ...{ now: () => now * 1000, tell: () => undefined },
    },
  )

/** What is wrong with a dataset: unhealthy objects, and kept snapshots that cannot be restored. */
const problemsOf = async (
  objects: Objects,
  dataset: string,
  kept: readonly string[],
): Promise<readonly string[]> => {
  const stored = await lookAt(objects, dataset)
  const byName = storedByName(stored)
  const problems = [...checkHealth(stored)]
    .filter(([, health]) => health !== 'ok')
    .map(([name, health]) => `${name}: ${health}`)
  for (const name of kept) {
    const object = byName.get(name)
    if (!object) problems.push(`${name}: gone`)
    else {
      // every stream of the chain starts from the snapshot that the one before leaves
      const [full, ...increments] = chainOf(object, byName).toSorted(
        (a, b) => (a.created ?? 0) - (b.created ?? 0),
      )
      let guid = full?.guid
      if (full?.parent !== undefined) problems.push(`${name}: no full backup`)
      for (const one of increments) {
        if (one.parentGuid !== guid) problems.push(`${name}: ${one.key} builds on another`)
        guid = one.guid
      }
      if (guid !== object.guid) problems.push(`${name}: the chain ends with another`)
    }
  }
  return problems
}

void t.test('every prune dies after one deletion', async (t) => {
  const objects: Objects = new Map()
  const names = Array.from({ length: DATASETS }, (_, i) => `tank/d${String(i)}`)
  for (const [i, dataset] of names.entries()) await backUp(objects, dataset, i % 4 === 3)
  t.equal(objects.size, DATASETS * SNAPSHOTS * 2)
  let deaths = 0
  let longest = 0
  for (const dataset of names) {
    const plan = await pruneIn(storeOf(objects), dataset, never, true)
    const kept = plan.keep.map(({ object }) => formatSnapshotName(object))
    for (let isDone = false; !isDone;) {
      const death = new AbortController()
      let deletions = 0
      const dying = storeOf(objects, (key) => {
        // the lease of a dead run stays
        if (deletions > 0) {
          death.abort(new Error('dead'))
          throw death.signal.reason
        }
        if (!key.includes('/.z3/prune/')) deletions += 1
      })
      await pruneIn(dying, dataset, death.signal).catch((error: unknown) => {
        if (!death.signal.aborted) throw error
      })
      // it would expire
      for (const key of objects.keys()) if (key.includes('/.z3/prune/')) objects.delete(key)
      isDone = !death.signal.aborted
      if (deletions > 0) deaths += 1
      const problems = await problemsOf(objects, dataset, kept)
      if (problems.length > 0) t.strictSame(problems, [], dataset)
      longest = Math.max(longest, kept.length)
    }
    const left = (await lookAt(objects, dataset)).map(formatSnapshotName)
    t.strictSame(left.sort(), kept.toSorted(), dataset)
    const manifests = [...objects.keys()].filter((key) =>
      key.startsWith(`${PREFIX}.z3/${dataset}@`),
    )
    t.equal(manifests.length, kept.length, 'manifests go, too')
  }
  t.comment(
    `${String(deaths)} deletions, each the last of its run; at most ${String(longest)} kept`,
  )
  t.ok(deaths > DATASETS * 10, `${String(deaths)} deaths`)
})
