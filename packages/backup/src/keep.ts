import { createHash } from 'node:crypto'
import { Z3Error, type Bookmark, type LocalSnapshot } from '@z3/core'
import { keepBase, type PoolEndpoint } from '@z3/replicate'
import { listHolds, release } from '@z3/zfs'
import type { Context } from './context.js'

type Common = LocalSnapshot | Bookmark

/**
 * Keep what was stored as the base of the next increment: by the bookmark `#z3_GUID`, which
 * serves every store, or by a hold that is of this store alone. A failure is only
 * reported: the snapshot is stored, and is itself the base as long as it exists.
 *
 * @param stored the newest that is stored
 * @param before what was the newest stored before; its hold is released
 * @returns whether a bookmark is the base where the snapshot is gone
 */
export async function keepStored(
  pool: PoolEndpoint,
  stored: Common,
  before: Common | undefined,
  {
    config,
    dataset,
    destination,
    say,
  }: Pick<Context, 'config' | 'dataset' | 'destination' | 'say'>,
): Promise<boolean> {
  if (!('snapshot' in stored)) return true
  const { KEEP_COMMON: keep } = config.settings
  const isMarked = () =>
    pool.find(dataset)?.bookmarks.some(({ guid }) => guid === stored.guid) === true
  const holdTag = holdTagOf(destination)
  try {
    await keepBase(pool, stored, {
      ...{ keep, holdTag, replace: false },
      bookmark: `z3_${stored.guid}`,
    })
    if (before && 'snapshot' in before && before.guid !== stored.guid) {
      await releaseBefore(pool, holdTag, before)
    }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    say(
      `${dataset}@${stored.snapshot} is stored, but not kept as the base of the next increment (KEEP_COMMON=${keep}): ${error.message}`,
    )
    if (error.hint !== undefined) say(`hint: ${error.hint}`)
  }
  return isMarked()
}

/** Of an earlier setting, too: a hold that stays keeps its snapshot for ever. */
async function releaseBefore(
  pool: PoolEndpoint,
  holdTag: string,
  before: LocalSnapshot,
): Promise<void> {
  // what the run knows of holds, thinning believes
  if (pool.tagsOf(before)?.has(holdTag)) return pool.release(holdTag, before)
  const holds = await listHolds(pool.read, [before])
  if (holds.some(({ tag }) => tag === holdTag)) await release(pool.change, holdTag, before)
}

/** Of this store and prefix: another one may still need what this one does not. */
function holdTagOf(destination: string): string {
  return `z3_${createHash('sha256').update(destination).digest('hex').slice(0, 8)}`
}
