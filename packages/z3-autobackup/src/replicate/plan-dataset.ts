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

/** One dataset to bring up to date at one target. */
export interface DatasetRequest {
  readonly name: string
  /** Where it goes. */
  readonly to: string
  readonly source: SelectedDatasets
  readonly target: OpenedTarget
  readonly world: World
  /** Another target needs this snapshot of the source. */
  readonly isNeeded: (snapshot: SnapshotFacts) => boolean
  readonly outcome: Outcome
}

/**
 * Plan what is sent and destroyed, with what was seen at both sides; notes of
 * what was found are told.
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
  // told before the plan is made: it may be why there is none
  const namesakes = trustNames ? [] : findNamesakes(dataset.snapshots, there?.snapshots ?? [])
  for (const { source: one, target: same } of namesakes) {
    log.note(
      `${source.side.label} ${formatSnapshotName(one)} has the name of ${formatSnapshotName(same)}, and is not the same snapshot`,
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
    // what is not sent finds nothing in its way
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
