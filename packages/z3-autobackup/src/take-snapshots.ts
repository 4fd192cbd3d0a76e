import {
  planSnapshots,
  Z3Error,
  type Selection,
  type SnapshotName,
} from '@z3/core'
import {
  checkSnapshots,
  listSnapshotsOf,
  runOnHost,
  takeSnapshots,
  writtenSince,
  type SnapshotFacts,
} from '@z3/zfs'
import type { Side } from './side.js'
import type { World } from './world.js'

/** Newer than any: that of a snapshot which --test has not taken. */
const LATER = String(2n ** 64n - 1n)

/**
 * Take a snapshot of all that has changed, those of a pool at the same instant,
 * with the user's own commands before and after.
 *
 * @returns those that were taken; with --test those that would have been
 * @throws Z3Error: then the run is over
 */
export async function snapshotAll(
  side: Side,
  selected: readonly Selection[],
  world: World,
): Promise<readonly SnapshotFacts[]> {
  const { options, log } = world
  const { names, snapshot: wanted } = options
  const created = new Date()
  const snapshot = names.snapshotAt(created)
  const candidates = await readCandidates(side, selected, names.isOurs)
  const plan = planSnapshots(candidates, {
    snapshot,
    minChange: wanted.minChange,
  })
  for (const { dataset, reason } of plan.unchanged) {
    log.verbose(`${side.label} ${dataset}: ${reason}`)
  }
  if (plan.pools.length === 0) {
    log.verbose('No changes anywhere: not creating snapshots.')
    return []
  }
  for (const { names } of plan.pools) {
    checkSnapshots(side.read, names, wanted.properties)
  }
  const taken: SnapshotName[] = []
  try {
    for (const command of wanted.before) {
      await runHook(command, side, world)
    }
    for (const { pool, names } of plan.pools) {
      log.verbose(
        `${side.label} Creating snapshots ${snapshot} in pool ${pool}`,
      )
      await takeSnapshots(side.change, names, wanted.properties)
      taken.push(...names)
    }
  } finally {
    await runAfter(side, world)
  }
  return taken.map((name) => ({
    ...name,
    guid: `not taken: ${name.dataset}`,
    created: Math.trunc(created.getTime() / 1000),
    createtxg: LATER,
    referenced: 0,
    written: 0,
    userrefs: 0,
  }))
}

async function readCandidates(
  { read }: Side,
  selected: readonly Selection[],
  isOurs: (snapshot: string) => boolean,
): Promise<Parameters<typeof planSnapshots>[0]> {
  const datasets = selected.map(({ dataset }) => dataset)
  const snapshots = await listSnapshotsOf(read, datasets)
  const latest = datasets.flatMap((dataset) => {
    const found = snapshots
      .get(dataset)
      ?.findLast((one) => isOurs(one.snapshot))
    return found ? [found] : []
  })
  const written = await writtenSince(read, latest)
  const newest = new Map(latest.map((one) => [one.dataset, one.snapshot]))
  return datasets
    .filter((dataset) => snapshots.has(dataset))
    .map((dataset) => ({
      dataset,
      latest: newest.get(dataset),
      written: written.get(dataset),
    }))
}

/** What fails now is told, and changes nothing about the snapshots. */
async function runAfter(side: Side, world: World): Promise<void> {
  for (const command of world.options.snapshot.after) {
    try {
      await runHook(command, side, world)
    } catch (error) {
      if (!(error instanceof Z3Error)) throw error
      world.log.error(`${side.label} ${error.message}`, error.hint)
    }
  }
}

async function runHook(
  command: Parameters<typeof runOnHost>[1],
  { label, host }: Side,
  { options, log, env, signal }: World,
): Promise<void> {
  const words = [command.file, ...command.args].join(' ')
  log.verbose(`${label} Running: ${words}`)
  if (options.test) return
  await runOnHost(host, command, {
    env,
    signal,
    onLine: (line) => {
      log.verbose(`${label} | ${line}`)
    },
  })
}
