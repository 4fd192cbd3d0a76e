import { formatBookmarkName, type Bookmark } from '../../bookmark.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import { formatSnapshotName } from '../../snapshot.js'

/** What protects the last common snapshot at the source. */
export type KeepCommon = 'bookmark' | 'hold' | 'none'

/** A bookmark of ours, or a snapshot with our hold. */
export interface SyncMark {
  readonly kind: 'bookmark' | 'hold'
  /** The full name of the bookmark (`#`) or of the held snapshot (`@`). */
  readonly name: string
}

/** The source and destination of marks. */
interface MarkRequest {
  readonly keep: KeepCommon
  /** Of the destination: 8 lower-case hexadecimal digits. */
  readonly tag: string
  /** The source's snapshot that the destination has now. */
  readonly target: LocalSnapshot
}

/** The tag of `zfs hold` for one destination. */
export function syncHoldTag(tag: string): string {
  return `z3-sync-${tag}`
}

const OURS = /^z3-sync-(?<tag>[0-9a-f]{8})-(?<guid>\d+)$/

/**
 * The mark that protects the target after its receive, as the base of the next increment.
 *
 * @returns undefined for `none`
 */
export function wantedSyncMark({ keep, tag, target }: MarkRequest): SyncMark | undefined {
  const { dataset, guid } = target
  switch (keep) {
    case 'none':
      return undefined
    case 'hold':
      return { kind: keep, name: formatSnapshotName(target) }
    case 'bookmark': {
      const bookmark = `${syncHoldTag(tag)}-${guid}`
      return { kind: keep, name: formatBookmarkName({ dataset, bookmark }) }
    }
  }
}

/**
 * The marks for a destination that are obsolete once the wanted one exists: marks older than the
 * target, and marks of another kind on the target. Newer ones stay, since an older target may have
 * been sent by name. Marks of other destinations and similar names are not touched.
 *
 * @param request `bookmarks` and `held` are of the source: all bookmarks, and the snapshots that
 *   carry the hold `syncHoldTag(tag)`
 */
export function staleSyncMarks({
  bookmarks,
  held,
  ...request
}: MarkRequest & {
  readonly bookmarks: readonly Bookmark[]
  readonly held: readonly LocalSnapshot[]
}): readonly SyncMark[] {
  const { tag, target } = request
  const wanted = wantedSyncMark(request)
  const limit = BigInt(target.createtxg)
  return [
    ...bookmarks
      .filter((bookmark) => isOurs(bookmark, tag))
      .map((b) => mark('bookmark', formatBookmarkName(b), b)),
    ...held.map((s) => mark('hold', formatSnapshotName(s), s)),
  ]
    .filter(({ txg, name }) => txg <= limit && name !== wanted?.name)
    .map(({ kind, name }) => ({ kind, name }))
}

function isOurs({ bookmark, guid }: Bookmark, tag: string): boolean {
  const found = OURS.exec(bookmark)?.groups
  return found?.['tag'] === tag && found['guid'] === guid
}

function mark(
  kind: SyncMark['kind'],
  name: string,
  { createtxg }: { readonly createtxg: string },
): SyncMark & { readonly txg: bigint } {
  return { kind, name, txg: BigInt(createtxg) }
}
