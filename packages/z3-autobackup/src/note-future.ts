import { formatSnapshotName, isFuture, type Schedule } from '@z3/core'
import type { SnapshotFacts } from '@z3/zfs'
import type { Opened } from './open-targets.js'
import type { Source } from './read-source.js'
import type { Side } from './side.js'
import type { World } from './world.js'

/** Clocks of two hosts may differ by so many seconds without a word. */
const SKEW = 60

/**
 * Note which sides have snapshots of ours in the future: a clock was wrong, and
 * no schedule destroys them until that time has come.
 *
 * @param taken by this run: a host whose clock is ahead takes nothing else
 */
export function noteFuture(
  source: Source,
  targets: readonly Opened[],
  taken: readonly SnapshotFacts[],
  world: World,
): void {
  const { keepSource, keepTarget } = world.options
  const fresh = new Set(taken.map(formatSnapshotName))
  const here = source.datasets
    .flatMap(({ snapshots }) => snapshots)
    .filter((one) => !fresh.has(formatSnapshotName(one)))
  noteSide(source.side, here, keepSource, world)
  for (const { target } of targets) {
    if (!target) continue
    const there = [...target.datasets.values()]
    const snapshots = there.flatMap((one) => one.snapshots)
    noteSide(target.side, snapshots, keepTarget, world)
  }
}

function noteSide(
  { label }: Side,
  snapshots: readonly SnapshotFacts[],
  schedule: Schedule | undefined,
  { options, log, now }: World,
): void {
  if (!schedule) return
  const future = snapshots.filter(
    (one) => options.names.isOurs(one.snapshot) && isFuture(one, now + SKEW),
  )
  const [first, ...others] = future
  if (!first) return
  const latest = others.reduce((a, b) => (b.created > a.created ? b : a), first)
  const time = new Date(latest.created * 1000).toISOString()
  log.note(
    `${label} ${snapshotsOf(future.length)} created in the future: kept, check the clock (latest: ${formatSnapshotName(latest)}, ${time})`,
  )
}

function snapshotsOf(count: number): string {
  return count === 1 ? '1 snapshot was' : `${String(count)} snapshots were`
}
