import { createHash } from 'node:crypto'
import { formatBookmarkName, Z3Error, type Bookmark, type LocalSnapshot } from '@z3/core'
import { keepBase, type PoolEndpoint } from '@z3/replicate'
import { listHeld, listHolds, release } from '@z3/zfs'
import type { Context } from './context.js'

type Common = LocalSnapshot | Bookmark

/** What a base is kept for. */
type For = Pick<Context, 'config' | 'dataset' | 'destination' | 'say' | 'tell'>

/**
 * Keep what was stored as the base of the next increment, by the bookmark `#z3_GUID_STORE` or by a
 * hold. Both are of this store and prefix alone, as another one may need what this one does not.
 * A failure is only reported: the snapshot is stored, and is itself the base as long as it exists.
 *
 * @param stored the newest that is stored
 * @returns whether it is kept; and whether a bookmark is the base where the snapshot is gone
 */
export async function keepStored(
  pool: PoolEndpoint,
  stored: Common,
  { config, dataset, destination, say }: For,
): Promise<{ readonly isKept: boolean; readonly isMarked: boolean }> {
  if (!('snapshot' in stored)) return { isKept: true, isMarked: true }
  let isKept = true
  const { KEEP_COMMON: keep } = config.settings
  const policy = { keep, holdTag: `z3_${idOf(destination)}`, replace: false }
  try {
    await keepBase(pool, stored, { ...policy, bookmark: markOf(stored, destination) })
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    isKept = false
    say(
      `${dataset}@${stored.snapshot} is stored, but not kept as the base of the next increment (KEEP_COMMON=${keep}): ${error.message}`,
    )
    if (error.hint !== undefined) say(`hint: ${error.hint}`)
  }
  return { isKept, isMarked: isMarked(pool, stored, destination) }
}

/**
 * Whether a base outlives its snapshot: it is a bookmark, or has one that no other store's backup
 * destroys.
 */
export function isMarked(pool: PoolEndpoint, base: Common, destination: string): boolean {
  if (!('snapshot' in base)) return true
  const own = markOf(base, destination)
  const marks = pool.find(base.dataset)?.bookmarks ?? []
  return marks.some(
    ({ guid, bookmark }) => guid === base.guid && (bookmark === own || !MARK.test(bookmark)),
  )
}

/**
 * Destroy the bookmarks of this store that no increment can start from any more. Those of other
 * stores and other programs stay. A failure is only reported.
 *
 * @param base of the next increment, which is kept; newer bookmarks stay, whatever the store lists
 */
export async function destroyOldMarks(
  pool: PoolEndpoint,
  base: Common,
  isBase: (mark: Bookmark) => boolean,
  { config, dataset, destination, say, tell }: For,
): Promise<void> {
  // then an old bookmark is all that is left when the snapshot goes
  if (config.settings.KEEP_COMMON === 'none') return
  const old = (pool.find(dataset)?.bookmarks ?? []).filter(
    (mark) =>
      mark.bookmark === markOf(mark, destination) &&
      mark.guid !== base.guid &&
      BigInt(mark.createtxg) < BigInt(base.createtxg) &&
      !isBase(mark),
  )
  try {
    for (const mark of old) {
      await pool.destroyBookmark(mark)
      tell(`${formatBookmarkName(mark)}: destroyed, no increment starts from it any more`)
    }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    say(`${dataset}: cannot destroy bookmarks that are no longer needed: ${error.message}`)
  }
}

/**
 * Release the holds that kept earlier bases for this store, also those of an earlier setting: a
 * hold that stays keeps its snapshot for ever. A failure is only reported.
 *
 * @param stored the newest that is stored
 */
export async function releaseEarlier(
  pool: PoolEndpoint,
  stored: Common,
  { config, dataset, destination, say }: For,
): Promise<void> {
  const holdTag = `z3_${idOf(destination)}`
  const isKept = ({ guid }: LocalSnapshot): boolean =>
    config.settings.KEEP_COMMON === 'hold' && guid === stored.guid
  try {
    const held = (await listHeld(pool.read, dataset)).filter((one) => !isKept(one))
    for (const { snapshot, tag } of held.length > 0 ? await listHolds(pool.read, held) : []) {
      if (tag !== holdTag) continue
      // what the run knows of holds, thinning believes
      if (pool.tagsOf(snapshot)?.has(tag)) await pool.release(tag, snapshot)
      else await release(pool.change, tag, snapshot)
    }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    say(`${dataset}: cannot release the holds of earlier backups (${holdTag}): ${error.message}`)
  }
}

/** A bookmark of any store. */
const MARK = /^z3_\d+_[0-9a-f]{8}$/

function markOf({ guid }: Pick<Common, 'guid'>, destination: string): string {
  return `z3_${guid}_${idOf(destination)}`
}

/** Stands for a store and prefix in names. */
function idOf(destination: string): string {
  return createHash('sha256').update(destination).digest('hex').slice(0, 8)
}
