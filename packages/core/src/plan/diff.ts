import type { Bookmark } from '../bookmark.js'
import { formatSnapshotName } from '../snapshot.js'
import type { LocalSnapshot } from '../versions/local-snapshot.js'

/** A version of a dataset: a snapshot, bookmark or stored object. */
export interface Version {
  /** The guid of ZFS, in decimal. */
  readonly guid: string
  /** Orders the versions of a pool, in decimal. */
  readonly createtxg: string
}

/** The versions of a dataset that a stream can start from or contain. */
export interface SourceVersions<S> {
  /** The oldest first, by createtxg. */
  readonly snapshots: readonly S[]
  /** In any order. */
  readonly bookmarks: readonly Bookmark[]
}

/** The newest version that both sides have. */
export interface Common<S> {
  /** A snapshot if the source still has it, else a bookmark. */
  readonly source: S | Bookmark
  readonly target: S
}

/** How a dataset and its copy differ. */
export interface Diff<S> {
  readonly common: Common<S> | undefined
  /** Of the source, up to the limit: newer than the common version, the oldest first. */
  readonly missing: readonly S[]
  /** Of the target: newer than the common version, the oldest first. */
  readonly beyond: readonly S[]
}

export interface DiffOptions {
  /** Ignore newer versions of the source. */
  readonly upTo?: Version | undefined
  /** Treat snapshots of the same name as equal. */
  readonly trustNames?: boolean
}

/**
 * Find the newest common version of a dataset and its copy, and the newer versions of each. Guids
 * identify versions, since snapshots may be renamed on either side.
 *
 * @param target the oldest first, by createtxg
 */
export function diffVersions<S extends LocalSnapshot>(
  { snapshots, bookmarks }: SourceVersions<S>,
  target: readonly S[],
  { upTo, trustNames = false }: DiffOptions = {},
): Diff<S> {
  const isInReach = ({ createtxg }: Version): boolean =>
    upTo === undefined || BigInt(createtxg) <= BigInt(upTo.createtxg)
  const byGuid = new Map(target.map((one) => [one.guid, one]))
  const byName = new Map(trustNames ? target.map((one) => [one.snapshot, one]) : [])
  const counterpart = (one: S | Bookmark): S | undefined =>
    byGuid.get(one.guid) ?? ('snapshot' in one ? byName.get(one.snapshot) : undefined)
  const inReach = snapshots.filter(isInReach)
  const shared: readonly (S | Bookmark)[] = [
    ...inReach,
    ...bookmarks.filter((one) => isInReach(one) && byGuid.has(one.guid)),
  ].filter(counterpart)
  // a bookmark of the same snapshot comes second and does not replace it
  const newest = shared.reduce<S | Bookmark | undefined>(
    (best, one) => (best && BigInt(best.createtxg) >= BigInt(one.createtxg) ? best : one),
    undefined,
  )
  const there = newest && counterpart(newest)
  if (!newest || !there) return { common: undefined, missing: inReach, beyond: target }
  const since = BigInt(newest.createtxg)
  return {
    common: { source: newest, target: there },
    missing: inReach.filter(({ createtxg }) => BigInt(createtxg) > since),
    beyond: target.slice(target.indexOf(there) + 1),
  }
}

/**
 * Snapshots of the source newer than the common one, whose names other snapshots have at the
 * target. The newest first.
 */
export function findNamesakes<S extends LocalSnapshot>(
  source: readonly S[],
  target: readonly S[],
): readonly { readonly source: S; readonly target: S }[] {
  const guids = new Set(target.map(({ guid }) => guid))
  const byName = new Map(target.map((one) => [one.snapshot, one]))
  const newest = source.findLastIndex(({ guid }) => guids.has(guid))
  return source
    .slice(newest + 1)
    .toReversed()
    .flatMap((one) => {
      const same = byName.get(one.snapshot)
      return same ? [{ source: one, target: same }] : []
    })
}

/** One stream to send and to receive. */
export interface ReplicationStep<S> {
  /** The full name at the target of the snapshot. */
  readonly name: string
  /** The last snapshot of the stream, at the source. */
  readonly snapshot: S
  /** Undefined: a full stream. */
  readonly base: S | Bookmark | undefined
  /** `zfs send -I`, with every snapshot between base and snapshot; else `-i`. */
  readonly between: boolean
  /** `zfs receive -F` */
  readonly force: boolean
  /** The base at the target, as it is named there. */
  readonly targetBase: S | undefined
}

export interface StepsWanted<S> {
  /** The dataset at the target. */
  readonly dataset: string
  /** What the first stream is sent from; undefined: it is sent in full. */
  readonly common: Common<S> | undefined
  /** All wanted snapshots, the oldest first. */
  readonly wanted: readonly S[]
  /** One stream per snapshot, or as few as possible. */
  readonly streams: 'each' | 'between'
  /** Whether to force a full and an incremental stream. */
  readonly force: { readonly full: boolean; readonly incremental: boolean }
}

/** The streams that contain the wanted snapshots. */
export function toSteps<S extends LocalSnapshot>({
  dataset,
  common,
  wanted,
  streams,
  force,
}: StepsWanted<S>): readonly ReplicationStep<S>[] {
  const step = (from: Common<S> | undefined, snapshot: S, between: boolean) => ({
    name: formatSnapshotName({ dataset, snapshot: snapshot.snapshot }),
    snapshot,
    base: from?.source,
    between,
    force: from ? force.incremental : force.full,
    targetBase: from?.target,
  })
  const [first] = wanted
  const last = wanted.at(-1)
  if (!first || !last) return []
  const after = (one: S): Common<S> => ({ source: one, target: one })
  if (streams === 'each') {
    return wanted.map((one, i) => {
      const previous = wanted[i - 1]
      return step(previous ? after(previous) : common, one, false)
    })
  }
  if (common && 'snapshot' in common.source) return [step(common, last, true)]
  // -I only starts from a snapshot: 'multiple snapshots cannot be sent from a bookmark',
  // zfs_do_send of OpenZFS 2.x
  const begin = step(common, first, false)
  return first === last ? [begin] : [begin, step(after(first), last, true)]
}
