import { Z3Error } from '../errors.js'
import { formatSnapshotName } from '../snapshot.js'
import { obsoleteOf } from '../thin/thin.js'
import { diffVersions, toSteps, type Diff } from './diff.js'
import type {
  ReplicaSnapshot,
  ReplicationPlan,
  ReplicationRequest,
  ThinningStep,
} from './replication-plan.js'

/**
 * Plan the update of a target from its source and the thinning of both, as zfs-autobackup does. The
 * target is thinned as if it already had the planned snapshots, so that none is sent only to be
 * destroyed. Snapshots to send are never destroyed at the source.
 *
 * createtxg decides which snapshot is newer, on both sides. `created` is only the age for the
 * schedule, since a clock may have been set back.
 *
 * @throws Z3Error `no-common-snapshot`, `destination-diverged`
 */
export function planReplication<S extends ReplicaSnapshot>(
  request: ReplicationRequest<S>,
): ReplicationPlan<S> {
  const { source, bookmarks, target = [], trustNames, isOurs, isNeeded } = request
  const diff = diffVersions({ snapshots: source, bookmarks }, target, { trustNames })
  const { common } = diff
  if (!common && target.length > 0) throw noCommon(request)
  const candidates = findCandidates(request, diff)
  const incompatible = findIncompatible(request, diff, candidates)
  if (incompatible.length > 0 && request.onLoss !== 'destroy') {
    throw diverged(request, incompatible)
  }
  const left = target.filter((one) => !incompatible.includes(one))
  const ours = (all: readonly S[]): readonly S[] => all.filter(({ snapshot }) => isOurs(snapshot))
  const obsoleteThere = new Set(
    obsoleteOf(ours([...left, ...candidates]), request.targetSchedule, request.now),
  )
  const obsoleteHere = new Set(obsoleteOf(ours(source), request.sourceSchedule, request.now))
  const wanted = candidates.filter((one) => !obsoleteThere.has(one))
  const ahead = new Set(wanted)
  const mayGo = (one: S): boolean => obsoleteHere.has(one) && !isNeeded(one)
  const destroyTarget = left.filter((one) => obsoleteThere.has(one) && one !== common?.target)
  return {
    common,
    partial: planPartial(request, common, candidates, wanted),
    incompatible: incompatible.toReversed(),
    // the thinner has destroyed the obsolete ones by then
    rollbackTo: left.findLast((one) => !destroyTarget.includes(one)),
    destroySource: source.filter((one) => mayGo(one) && one !== common?.source && !ahead.has(one)),
    destroyTarget,
    steps: planSteps(request, wanted, common, mayGo, (one) => obsoleteThere.has(one)),
    needed: source.filter((one) => one === common?.source || ahead.has(one)),
  }
}

/** The snapshots newer than the common one that may be sent: ours, or all. */
function findCandidates<S extends ReplicaSnapshot>(
  { isOurs, versions, exclude }: ReplicationRequest<S>,
  { missing }: Diff<S>,
): readonly S[] {
  return missing.filter(
    (one) =>
      (versions === 'all' || isOurs(one.snapshot)) &&
      !exclude.some((pattern) => pattern.test(formatSnapshotName(one))),
  )
}

/**
 * `zfs receive` accepts an increment despite newer snapshots at the target if nothing was written
 * since the base (dmu_recv.c, recv_begin_check_existing_impl), but not a raw one, and not under an
 * existing name.
 */
function findIncompatible<S extends ReplicaSnapshot>(
  { raw }: ReplicationRequest<S>,
  { common, beyond }: Diff<S>,
  candidates: readonly S[],
): readonly S[] {
  if (!common) return []
  const names = new Set(candidates.map(({ snapshot }) => snapshot))
  const first = beyond.findIndex(
    ({ written, snapshot }) => raw || written !== 0 || names.has(snapshot),
  )
  return first < 0 ? [] : beyond.slice(first)
}

function planSteps<S extends ReplicaSnapshot>(
  { targetName: dataset, force = false }: ReplicationRequest<S>,
  wanted: readonly S[],
  common: Diff<S>['common'],
  mayGo: (one: S) => boolean,
  isObsoleteThere: (one: S) => boolean,
): readonly ThinningStep<S>[] {
  const forced = { full: force, incremental: force }
  return toSteps({ dataset, common, wanted, streams: 'each', force: forced }).map((step) => {
    const { base, targetBase } = step
    return {
      ...step,
      destroySource: base && 'snapshot' in base && mayGo(base) ? [base] : [],
      destroyTarget: targetBase && isObsoleteThere(targetBase) ? [targetBase] : [],
    }
  })
}

function planPartial<S extends ReplicaSnapshot>(
  { partial, raw }: ReplicationRequest<S>,
  common: Diff<S>['common'],
  candidates: readonly S[],
  wanted: readonly S[],
): ReplicationPlan<S>['partial'] {
  if (partial === undefined) return undefined
  if (candidates.length === 0) return { drop: "it's obsolete" }
  if (partial === 'unknown') return { drop: "it's no longer valid" }
  const isIts = ({ guid }: S): boolean => guid === partial.toGuid
  const [first] = wanted
  if (first && isIts(first) && partial.fromGuid === common?.source.guid && partial.raw === raw) {
    return 'resume'
  }
  return {
    drop:
      candidates.some(isIts) && !wanted.some(isIts)
        ? "we don't want that snapshot anymore"
        : "it's no longer valid",
  }
}

function noCommon<S extends ReplicaSnapshot>({ targetName }: ReplicationRequest<S>): Z3Error {
  return new Z3Error('no-common-snapshot', `can't find a common snapshot with ${targetName}`, {
    hint: 'Rename or destroy the target dataset to start with a full stream, or choose another target.',
  })
}

function diverged<S extends ReplicaSnapshot>(
  { targetName }: ReplicationRequest<S>,
  [first, ...more]: readonly S[],
): Z3Error {
  const others = more.length > 0 ? ` and ${String(more.length)} newer` : ''
  return new Z3Error(
    'destination-diverged',
    `${targetName} has snapshots that block the stream: @${String(first?.snapshot)}${others}`,
    {
      hint: 'Destroy them, or give --destroy-incompatible.',
    },
  )
}
