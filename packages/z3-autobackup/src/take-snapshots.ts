import {
  planSnapshots,
  type PoolSnapshots,
  type Selection,
  type SnapshotName,
  type Z3Error,
} from '@z3/core'
import { applySnapshots, findCandidates, listSnapshotsOf, type SnapshotFacts } from '@z3/zfs'
import type { Log } from './log.js'
import type { Side, World } from './world.js'

/** The createtxg of a snapshot that --test did not take: newer than any. */
const LATER = String(2n ** 64n - 1n)

/**
 * Take snapshots of all changed datasets, atomically per pool, with the user's commands before and
 * after.
 *
 * @param errors collects failures of post-snapshot commands
 * @returns the new snapshots; with --test those that would be taken
 * @throws Z3Error: then the run ends
 */
export async function snapshotAll(
  side: Side,
  selected: readonly Selection[],
  world: World,
  errors: Z3Error[],
): Promise<readonly SnapshotFacts[]> {
  const { options, log } = world
  log.title('Snapshotting')
  const { names, snapshot: wanted } = options
  const created = new Date()
  const snapshot = names.snapshotAt(created)
  const listed = await listSnapshotsOf(
    side.read,
    selected.map(({ dataset }) => dataset),
  )
  const plan = planSnapshots(await findCandidates(side.read, listed, names), {
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
  const taken = options.test
    ? plan.pools.flatMap((pool) => tell(pool, side, log))
    : await take(plan.pools, side, world, errors)
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

async function take(
  pools: readonly PoolSnapshots[],
  side: Side,
  { options: { snapshot: wanted }, log, env, signal }: World,
  errors: Z3Error[],
): Promise<readonly SnapshotName[]> {
  const { label, host, change } = side
  const taken: SnapshotName[] = []
  const failures: Z3Error[] = []
  await applySnapshots({ ...host, run: change }, pools, {
    env,
    signal,
    properties: wanted.properties,
    pre: wanted.before,
    post: wanted.after,
    onLine: (line) => {
      log.verbose(`${label} | ${line}`)
    },
    onTaken: (pool) => {
      taken.push(...tell(pool, side, log))
    },
    onFailure: (error) => {
      failures.push(error)
    },
  })
  const [first, ...others] = failures
  const all = pools.reduce((sum, { names }) => sum + names.length, 0)
  const isOver = first !== undefined && taken.length < all
  for (const { message, hint } of isOver ? others : failures) {
    log.error(`${label} ${message}`, hint)
  }
  if (isOver) throw first
  errors.push(...failures)
  return taken
}

function tell({ pool, names }: PoolSnapshots, { label }: Side, log: Log): readonly SnapshotName[] {
  log.verbose(`${label} Creating snapshots ${String(names[0]?.snapshot)} in pool ${pool}`)
  return names
}
