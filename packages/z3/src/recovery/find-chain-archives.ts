import { checkArchive } from '@z3/backup'
import { mayBeArchived, type Archive, type StoredSnapshot } from '@z3/core'
import type { ObjectStore } from '@z3/s3'
import pMap from 'p-map'

/** HEAD requests in parallel. */
const HEADS_AT_ONCE = 16

/** An object that has to be thawed before it can be read. */
export interface ChainArchive {
  readonly key: string
  readonly archive: Archive
}

/**
 * Find the archived objects of a chain, and their continuations. One that is thawed now counts: its
 * copy will have expired when the sheet is needed.
 *
 * @throws Z3Error of the store
 */
export async function findChainArchives(
  store: ObjectStore,
  chain: readonly StoredSnapshot[],
  signal: AbortSignal,
): Promise<readonly ChainArchive[]> {
  const doubtful = chain.filter(
    ({ storageClass, objects }) => mayBeArchived(storageClass) || objects !== undefined,
  )
  const found = await pMap(
    doubtful,
    async ({ key }) => {
      const info = await store.head(key, signal)
      const pieces = info.pieces ?? [info]
      return pMap(pieces, async (piece) => {
        const state = await checkArchive(store, piece, signal)
        return state ? [{ key: piece.key, archive: state.archive }] : []
      })
    },
    { concurrency: HEADS_AT_ONCE, signal },
  )
  return found.flat(2)
}
