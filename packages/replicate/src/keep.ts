import {
  formatBookmarkName,
  formatSnapshotName,
  type KeepCommon,
  type SnapshotName,
} from '@z3/core'
import type { SnapshotFacts } from '@z3/zfs'
import type { PoolState } from './pool-state.js'

/** The parent of the next incremental stream. */
export type Base = Pick<SnapshotFacts, 'dataset' | 'snapshot' | 'guid' | 'created' | 'createtxg'>

/** How a source protects the parent. */
export interface KeepPolicy {
  readonly keep: KeepCommon
  readonly holdTag: string
  /** Name of the bookmark; undefined: unknown, create none. */
  readonly bookmark: string | undefined
  /** Replace a bookmark of that name that belongs to another snapshot. */
  readonly replace: boolean
}

/**
 * Protect a snapshot of the source as the parent of the next incremental stream, unless it is
 * already protected.
 *
 * @param onKept called with a message about what was created
 * @throws Z3Error of zfs
 */
export async function keepBase(
  pool: PoolState,
  base: Base,
  { keep, holdTag, bookmark, replace }: KeepPolicy,
  onKept: (what: string) => void = () => undefined,
): Promise<void> {
  if (keep === 'hold' && (await pool.hold(holdTag, base))) onKept(holding(pool, base, holdTag))
  if (keep !== 'bookmark' || bookmark === undefined) return
  const find = () => pool.find(base.dataset)?.bookmarks.find((one) => one.bookmark === bookmark)
  const found = find()
  if (found && (found.guid === base.guid || !replace)) return
  // of an earlier snapshot with the same name
  if (found) await pool.destroyBookmark(found)
  try {
    await pool.createBookmark(base, bookmark)
  } catch (error) {
    // another run with the same target may have created it
    await pool.readBookmarks(base.dataset)
    if (find()?.guid !== base.guid) throw error
  }
  onKept(`${pool.label} ${formatBookmarkName({ dataset: base.dataset, bookmark })}: bookmarking`)
}

/** The common snapshot, on both sides. */
export interface BothSides {
  readonly source: PoolState
  readonly target: PoolState
  /** The dataset at the target. */
  readonly to: string
}

/**
 * Protect a snapshot on both sides: with a hold at the target, at the source as the policy says.
 *
 * @param onKept called with a message about what was created
 * @throws Z3Error of zfs
 */
export async function keepOnBoth(
  base: Base,
  { source, target, to }: BothSides,
  policy: KeepPolicy,
  onKept: (what: string) => void = () => undefined,
): Promise<void> {
  if (policy.keep === 'none') return
  // the source first: the next increment needs nothing else
  await keepBase(source, base, policy, onKept)
  const there = { dataset: to, snapshot: base.snapshot }
  if (await target.hold(policy.holdTag, there)) onKept(holding(target, there, policy.holdTag))
}

function holding({ label }: PoolState, snapshot: SnapshotName, holdTag: string): string {
  return `${label} ${formatSnapshotName(snapshot)}: holding (${holdTag})`
}
