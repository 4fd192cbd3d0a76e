import { mayBeArchived, type Archive, type StoredSnapshot } from '@z3/core'
import type { ObjectStore } from '@z3/s3'
import { archiveStates } from '../thaw/archive-states.js'

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
  const keys = chain.flatMap(({ key, storageClass, objects }) =>
    mayBeArchived(storageClass) || objects !== undefined ? [key] : [],
  )
  const found = await archiveStates(store, keys, signal)
  return found.map(({ piece, state }) => ({ key: piece.key, archive: state.archive }))
}
