import type { LocalSnapshot } from './versions/local-snapshot.js'
import { formatSnapshotName, parseSnapshotName } from './snapshot.js'
import type { SyncBase, SyncRequest, SyncStep } from './sync-plan.js'

/**
 * The streams that bring what is to be received.
 *
 * @param base undefined: the first is sent in full
 * @param wanted all that the destination is to have, the oldest first
 * @param overwrite force the full stream upon the dataset that is there
 * @throws Z3Error `invalid-name` where a name would be too long there
 */
export function syncSteps(
  request: SyncRequest,
  base: SyncBase | undefined,
  wanted: readonly LocalSnapshot[],
  overwrite = false,
): readonly SyncStep[] {
  const { destination, rollback } = request
  // those between are received too
  const names = new Map(
    wanted.map((snapshot) => [
      snapshot,
      formatSnapshotName(parseSnapshotName(`${destination.dataset}@${snapshot.snapshot}`)),
    ]),
  )
  return cut(request, base, wanted).map(({ from, target, intermediates }) => ({
    base: from,
    target,
    intermediates,
    name: names.get(target) ?? '',
    // An increment is forced whenever that was asked for: reading the files of
    // the one before may have changed the dataset.
    force: from ? rollback : overwrite,
  }))
}

interface Cut {
  readonly from: SyncBase | undefined
  readonly target: LocalSnapshot
  readonly intermediates: boolean
}

function cut(
  { step, onlyMatching }: SyncRequest,
  base: SyncBase | undefined,
  wanted: readonly LocalSnapshot[],
): readonly Cut[] {
  const last = wanted.at(-1)
  if (!last) return []
  if (step || onlyMatching) {
    return wanted.map((target, i) => {
      const previous = wanted[i - 1]
      const from = previous ? baseOf(previous) : base
      return { from, target, intermediates: false }
    })
  }
  if (base?.kind === 'snapshot') {
    return [{ from: base, target: last, intermediates: true }]
  }
  // -I begins at a snapshot alone: 'multiple snapshots cannot be sent from a
  // bookmark', zfs_do_send of OpenZFS 2.x
  const [first = last] = wanted
  const begin = { from: base, target: first, intermediates: false }
  const rest = { from: baseOf(first), target: last, intermediates: true }
  return first === last ? [begin] : [begin, rest]
}

function baseOf(snapshot: LocalSnapshot): SyncBase {
  const { guid } = snapshot
  return { kind: 'snapshot', name: formatSnapshotName(snapshot), guid }
}
