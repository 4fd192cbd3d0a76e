import {
  formatBookmarkName,
  formatSnapshotName,
  type KeepCommon,
  type SnapshotName,
} from '@z3/core'
import type { SnapshotFacts } from '@z3/zfs'
import type { PoolState } from './pool-state.js'

/** A snapshot of the source that the next incremental stream is sent from. */
export type Base = Pick<SnapshotFacts, 'dataset' | 'snapshot' | 'guid' | 'created' | 'createtxg'>

/** How a source keeps a base, so that nothing destroys what it is needed for. */
export interface KeepPolicy {
  readonly keep: KeepCommon
  readonly holdTag: string
  /** What follows the `#`; undefined: it is not known, and no bookmark is made. */
  readonly bookmark: string | undefined
  /** Replace a bookmark of that name that is of another snapshot. */
  readonly replace: boolean
}

/**
 * Keep a snapshot of the source as the base of the next incremental stream, unless it
 * is kept already.
 *
 * @param onKept told what was made, in words to print
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
  // of an earlier snapshot that had the same name
  if (found) await pool.destroyBookmark(found)
  try {
    await pool.createBookmark(base, bookmark)
  } catch (error) {
    // another run to the same target may have made it
    await pool.readBookmarks(base.dataset)
    if (find()?.guid !== base.guid) throw error
  }
  onKept(`${pool.label} ${formatBookmarkName({ dataset: base.dataset, bookmark })}: bookmarking`)
}

/** Where a base is kept on both sides. */
export interface BothSides {
  readonly source: PoolState
  readonly target: PoolState
  /** The dataset at the target. */
  readonly to: string
}

/**
 * Keep a snapshot on both sides: at the target by a hold, at the source as the policy
 * says.
 *
 * @param onKept told what was made, in words to print
 * @throws Z3Error of zfs
 */
export async function keepOnBoth(
  base: Base,
  { source, target, to }: BothSides,
  policy: KeepPolicy,
  onKept: (what: string) => void = () => undefined,
): Promise<void> {
  if (policy.keep === 'none') return
  // the source's comes first: it is all that the next increment needs
  await keepBase(source, base, policy, onKept)
  const there = { dataset: to, snapshot: base.snapshot }
  if (await target.hold(policy.holdTag, there)) onKept(holding(target, there, policy.holdTag))
}

function holding({ label }: PoolState, snapshot: SnapshotName, holdTag: string): string {
  return `${label} ${formatSnapshotName(snapshot)}: holding (${holdTag})`
}
