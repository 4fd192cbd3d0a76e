import {
  findNamesakes,
  formatSnapshotName,
  planReplication,
  type PartialReceive,
  type ReplicationPlan,
} from '@z3/core'
import { readPartial, type Dataset, type Outcome } from '@z3/replicate'
import type { SnapshotFacts } from '@z3/zfs'
import { datasetOf, type SelectedDatasets, type OpenedTarget } from '../datasets.js'
import type { StreamKind } from './send-flags.js'
import type { Side, World } from '../world.js'

/** A dataset to bring up to date at a target. */
export interface DatasetRequest {
  readonly name: string
  /** Its name at the target. */
  readonly to: string
  readonly source: SelectedDatasets
  readonly target: OpenedTarget
  readonly world: World
  /** Whether another target needs this snapshot of the source. */
  readonly isNeeded: (snapshot: SnapshotFacts) => boolean
  readonly outcome: Outcome
}

/**
 * Plan what to send and destroy from the state of both sides, and log notes about that state.
 *
 * @throws Z3Error as `planReplication`
 */
export async function planDataset(
  { name, to, source, target, world, isNeeded }: DatasetRequest,
  kind: StreamKind,
): Promise<ReplicationPlan<SnapshotFacts>> {
  const { options, log, now } = world
  const dataset = datasetOf(source, name)
  const there = target.side.find(to)
  const { names, trustNames } = options
  // before the plan: it may be the reason why there is none
  const namesakes = trustNames ? [] : findNamesakes(dataset.snapshots, there?.snapshots ?? [])
  for (const { source: one, target: same } of namesakes) {
    log.note(
      `${source.side.label} ${formatSnapshotName(one)} has the name of ${formatSnapshotName(same)}, but is another snapshot`,
    )
  }
  return planReplication<SnapshotFacts>({
    source: dataset.snapshots,
    bookmarks: dataset.bookmarks,
    target: there?.snapshots,
    targetName: to,
    partial: await partialOf(there, source.side),
    isOurs: names.isOurs,
    sourceSchedule: options.keepSource,
    targetSchedule: options.keepTarget,
    now,
    force: options.force,
    versions: options.policy.versions,
    exclude: options.exclude,
    raw: kind.flags.includes('w'),
    // nothing is sent, so nothing can block it
    onLoss: options.send ? options.policy.onLoss : 'destroy',
    trustNames,
    isNeeded,
  })
}

async function partialOf(
  there: Dataset | undefined,
  source: Side,
): Promise<PartialReceive | 'unknown' | undefined> {
  const partial = await readPartial(source, there)
  if (!partial) return undefined
  if (!partial.stream) return 'unknown'
  const { toGuid, fromGuid, flags } = partial.stream
  return { toGuid, fromGuid, raw: flags.includes('w') }
}
