import {
  findCommonSnapshot,
  planReplication,
  type PartialReceive,
  type ReplicationPlan,
} from '@z3/core'
import { describeToken, type SnapshotFacts } from '@z3/zfs'
import type { DatasetRequest } from './dataset-request.js'
import type { TargetDataset } from './read-target.js'
import type { StreamKind } from './send-flags.js'
import type { Side } from './side.js'

/**
 * Plan what is sent and destroyed, with what was seen at both sides; notes of
 * what was found are told.
 *
 * @throws Z3Error as `planReplication`
 */
export async function planDataset(
  { dataset, to, source, target, world, isNeeded }: DatasetRequest,
  kind: StreamKind,
): Promise<ReplicationPlan<SnapshotFacts>> {
  const { options, log, now } = world
  const there = target.datasets.get(to)
  const { names, trustNames } = options
  // told before the plan is made: it may be why there is none
  findCommonSnapshot(
    {
      source: dataset.snapshots,
      bookmarks: dataset.bookmarks,
      target: there?.snapshots,
      trustNames,
    },
    (note) => {
      log.note(`${source.side.label} ${note}`)
    },
  )
  return planReplication<SnapshotFacts>({
    source: dataset.snapshots,
    bookmarks: dataset.bookmarks,
    target: there?.snapshots,
    targetName: to,
    partial: await readPartial(there, source.side),
    isOurs: names.isOurs,
    sourceSchedule: options.keepSource,
    targetSchedule: options.keepTarget,
    now,
    otherSnapshots: options.otherSnapshots,
    exclude: options.exclude,
    raw: kind.flags.includes('w'),
    // what is not sent finds nothing in its way
    destroyIncompatible: options.destroyIncompatible || !options.send,
    trustNames,
    isNeeded,
  })
}

async function readPartial(
  there: TargetDataset | undefined,
  { read }: Side,
): Promise<PartialReceive | 'unknown' | undefined> {
  const token = there?.properties['receive_resume_token']
  if (token === undefined) return undefined
  const found = await describeToken(read, token)
  if (!found) return 'unknown'
  const { toGuid, fromGuid, flags } = found
  return { toGuid, fromGuid, raw: flags.includes('w') }
}
