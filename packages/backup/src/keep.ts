import { createHash } from 'node:crypto'
import { Z3Error, type Bookmark, type LocalSnapshot } from '@z3/core'
import { keepBase, type PoolEndpoint } from '@z3/replicate'
import { listHeld, listHolds, release } from '@z3/zfs'
import type { Context } from './context.js'

type Common = LocalSnapshot | Bookmark

/** What a base is kept for. */
type For = Pick<Context, 'config' | 'dataset' | 'destination' | 'say'>

/**
 * Keep what was stored as the base of the next increment: by the bookmark `#z3_GUID`, which
 * serves every store, or by a hold that is of this store alone. A failure is only
 * reported: the snapshot is stored, and is itself the base as long as it exists.
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
  const policy = { keep, holdTag: holdTagOf(destination), replace: false }
  try {
    await keepBase(pool, stored, { ...policy, bookmark: `z3_${stored.guid}` })
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    isKept = false
    say(
      `${dataset}@${stored.snapshot} is stored, but not kept as the base of the next increment (KEEP_COMMON=${keep}): ${error.message}`,
    )
    if (error.hint !== undefined) say(`hint: ${error.hint}`)
  }
  const marks = pool.find(dataset)?.bookmarks ?? []
  return { isKept, isMarked: marks.some(({ guid }) => guid === stored.guid) }
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
  const holdTag = holdTagOf(destination)
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

/** Of this store and prefix: another one may still need what this one does not. */
function holdTagOf(destination: string): string {
  return `z3_${createHash('sha256').update(destination).digest('hex').slice(0, 8)}`
}
