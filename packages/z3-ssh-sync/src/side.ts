import type { Bookmark, LocalSnapshot } from '@z3/core'
import { getProperties, ifThere, listBelow, listBookmarks, listSnapshots, type Host } from '@z3/zfs'

/** One side of a sync, as it is before anything is changed. */
export interface Side {
  readonly host: Host
  readonly dataset: string
  /** The oldest first. Undefined: there is no such dataset. */
  readonly snapshots: readonly LocalSnapshot[] | undefined
  readonly bookmarks: readonly Bookmark[]
  /** Written to since its newest snapshot. */
  readonly modified: boolean
  /** Has datasets below it; not asked where it has snapshots. */
  readonly hasChildren: boolean
  /** What an interrupted receive has saved. */
  readonly token: string | undefined
  /** The flags of zfs send that it was begun with; undefined: not known. */
  readonly flags: string | undefined
}

/** The property of a destination that keeps the flags it was sent with. */
export const FLAGS_PROPERTY = 'z3:send-flags'

/**
 * Look at a source.
 *
 * @throws Z3Error `no-such-dataset` and others, which name the host
 */
export async function readSource(host: Host, dataset: string): Promise<Side> {
  const [snapshots, bookmarks] = await Promise.all([
    listSnapshots(host.run, dataset),
    listBookmarks(host.run, dataset),
  ])
  return {
    host,
    dataset,
    snapshots,
    bookmarks,
    modified: false,
    hasChildren: false,
    token: undefined,
    flags: undefined,
  }
}

/** Look at a destination, which need not exist. */
export async function readDestination(host: Host, dataset: string): Promise<Side> {
  const snapshots = await ifThere(listSnapshots(host.run, dataset))
  const properties = snapshots
    ? await getProperties(host.run, dataset, ['written', 'receive_resume_token', FLAGS_PROPERTY])
    : {}
  const { written = '0', receive_resume_token: token } = properties
  return {
    host,
    dataset,
    snapshots,
    bookmarks: [],
    modified: written !== '0',
    hasChildren: snapshots?.length === 0 && (await listBelow(host.run, dataset, 1)).length > 0,
    token,
    flags: properties[FLAGS_PROPERTY],
  }
}
