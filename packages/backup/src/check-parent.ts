import { Z3Error } from '@z3/core'
import { waitForPrunes } from './prune/lease.js'
import type { StoredPlace } from './store/stored-place.js'

/** An increment that was completed just now. */
export interface CompletedIncrement {
  /** `dataset@snapshot` of the object. */
  readonly name: string
  readonly etag: string
  /** `dataset@snapshot` of the parent object. */
  readonly parent: string
  /** The parent at the source, if known. */
  readonly base: { readonly guid: string } | undefined
}

/**
 * Check the parent of an increment again: another host may have pruned it since the backup was
 * planned. Without its parent the increment cannot be restored, and is removed. `prune/lease.ts`
 * explains why one check after Complete is enough.
 *
 * @throws Z3Error `broken-chain` if the parent was deleted or replaced, or if that cannot be
 *   checked; then the object stays
 */
export async function checkParent(
  place: StoredPlace,
  { name, etag, parent, base }: CompletedIncrement,
  signal: AbortSignal,
  say: (line: string) => void,
  sleep?: (milliseconds: number) => Promise<unknown>,
): Promise<void> {
  const { store, prefix } = place
  const again = 'Run the backup again: it takes another parent.'
  let isThere: boolean
  try {
    await waitForPrunes(place, signal, say, sleep)
    const { metadata } = await store.head(`${prefix}${parent}`, signal)
    const guid = metadata['guid']
    isThere = guid === undefined || base === undefined || guid === base.guid
  } catch (cause) {
    signal.throwIfAborted()
    if (!(cause instanceof Z3Error)) throw cause
    if (cause.code !== 'no-such-key') {
      throw new Z3Error(
        'broken-chain',
        `'${name}' is stored, but whether its parent '${parent}' still exists is not known: ${cause.message}`,
        { hint: "Run 'z3 status' to check the chain.", cause },
      )
    }
    isThere = false
  }
  if (isThere) return
  const gone = `'${parent}' was deleted or replaced while '${name}' was uploaded from it`
  try {
    await store.delete(`${prefix}${name}`, signal, etag === '' ? undefined : etag)
  } catch (cause) {
    signal.throwIfAborted()
    if (!(cause instanceof Z3Error)) throw cause
    throw new Z3Error(
      'broken-chain',
      `${gone}, and '${name}' cannot be removed: ${cause.message}`,
      {
        hint: `Delete '${prefix}${name}': it cannot be restored.`,
        cause,
      },
    )
  }
  throw new Z3Error('broken-chain', `${gone}: '${name}' was removed again`, { hint: again })
}
