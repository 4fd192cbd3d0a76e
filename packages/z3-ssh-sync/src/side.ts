import type { Bookmark, LocalSnapshot } from '@z3/core'
import type { PoolEndpoint } from '@z3/replicate'
import { getProperties, ifThere, listBelow, listBookmarks, listSnapshots } from '@z3/zfs'

/** One side of a sync, as it is before anything is changed. */
export interface Side {
  readonly pool: PoolEndpoint
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
export async function readSource(pool: PoolEndpoint, dataset: string): Promise<Side> {
  const [snapshots, bookmarks] = await Promise.all([
    listSnapshots(pool.read, dataset),
    listBookmarks(pool.read, dataset),
  ])
  return {
    pool,
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
export async function readDestination(pool: PoolEndpoint, dataset: string): Promise<Side> {
  const snapshots = await ifThere(listSnapshots(pool.read, dataset))
  const properties = snapshots
    ? await getProperties(pool.read, dataset, ['written', 'receive_resume_token', FLAGS_PROPERTY])
    : {}
  const { written = '0', receive_resume_token: token } = properties
  return {
    pool,
    dataset,
    snapshots,
    bookmarks: [],
    modified: written !== '0',
    hasChildren: snapshots?.length === 0 && (await listBelow(pool.read, dataset, 1)).length > 0,
    token,
    flags: properties[FLAGS_PROPERTY],
  }
}
