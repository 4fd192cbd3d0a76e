import { formatBookmarkName, type Bookmark } from './bookmark.js'
import type { LocalSnapshot } from './local-snapshot.js'
import { formatSnapshotName } from './snapshot.js'

/** What keeps the last common snapshot at the source. */
export type KeepCommon = 'bookmark' | 'hold' | 'none'

/** A bookmark of ours, or a snapshot that carries our hold. */
export interface SyncMark {
  readonly kind: 'bookmark' | 'hold'
  /** The full name: with `#` of the bookmark, with `@` of the snapshot held. */
  readonly name: string
}

export interface KeepCommonRequest {
  readonly keep: KeepCommon
  /** Of the destination: 8 lower-case hexadecimal digits. */
  readonly tag: string
  /** Of the source: what the destination has now. */
  readonly target: LocalSnapshot
  /** All of the source. */
  readonly bookmarks: readonly Bookmark[]
  /** Those of the source that carry the hold `syncHoldTag(tag)`. */
  readonly held: readonly LocalSnapshot[]
}

/** The tag of `zfs hold` that keeps snapshots for one destination. */
export function syncHoldTag(tag: string): string {
  return `z3-sync-${tag}`
}

const OURS = /^z3-sync-(?<tag>[0-9a-f]{8})-(?<guid>\d+)$/

/**
 * Decide, once the target has arrived, what keeps it as the base of the next
 * increment, and which marks for this destination are done with: those that are
 * older, and those of the target of another kind. Newer ones stay: an older
 * target may have been sent by name. Those of other destinations, and what
 * merely looks like ours, are not touched.
 *
 * Create before anything is released: there must be a common point at all
 * times.
 */
export function keepSyncCommon({
  keep,
  tag,
  target,
  bookmarks,
  held,
}: KeepCommonRequest): {
  /** Undefined: there already, or not wanted. */
  readonly create: SyncMark | undefined
  readonly release: readonly SyncMark[]
} {
  const { dataset, guid } = target
  const wanted: SyncMark | undefined =
    keep === 'none'
      ? undefined
      : keep === 'hold'
        ? { kind: keep, name: formatSnapshotName(target) }
        : {
            kind: keep,
            name: formatBookmarkName({
              dataset,
              bookmark: `${syncHoldTag(tag)}-${guid}`,
            }),
          }
  const limit = BigInt(target.createtxg)
  const marks = [
    ...bookmarks
      .filter((bookmark) => isOurs(bookmark, tag))
      .map((b) => mark('bookmark', formatBookmarkName(b), b)),
    ...held.map((s) => mark('hold', formatSnapshotName(s), s)),
  ].filter(({ txg }) => txg <= limit)
  const isWanted = ({ name }: SyncMark): boolean => name === wanted?.name
  return {
    create: marks.some(isWanted) ? undefined : wanted,
    release: marks
      .filter((found) => !isWanted(found))
      .map(({ kind, name }) => ({ kind, name })),
  }
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
