import { checkArchive } from '@z3/backup'
import type { ArchiveState } from '@z3/core'
import type { ObjectInfo, ObjectStore } from '@z3/s3'
import pMap from 'p-map'

/** HEAD requests in parallel. */
const HEADS_AT_ONCE = 16

/** An object in an archive, also one of which there is a thawed copy now. */
export interface InArchive {
  readonly piece: ObjectInfo
  readonly state: ArchiveState
}

/**
 * Find which objects are in an archive, of these keys and their continuations: a HEAD for each.
 *
 * @throws Z3Error of the store
 */
export async function archiveStates(
  store: ObjectStore,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<readonly InArchive[]> {
  const found = await pMap(
    keys,
    async (key): Promise<readonly InArchive[]> => {
      const info = await store.head(key, signal)
      const pieces: readonly ObjectInfo[] = info.pieces ?? [info]
      const checked = await pMap(pieces, async (piece) => ({
        piece,
        state: await checkArchive(store, piece, signal),
      }))
      return checked.flatMap(({ piece, state }) => (state ? [{ piece, state }] : []))
    },
    { concurrency: HEADS_AT_ONCE, signal },
  )
  return found.flat()
}
