import { findSyncTarget, type LocalSnapshot } from '@z3/core'
import type { ResumeToken } from '@z3/zfs'
import type { Side } from './side.js'
import type { SyncOptions } from './sync-world.js'

/**
 * Why what an interrupted receive has saved is not what is wanted now.
 *
 * @param target of the source: what the rest of it would bring
 * @returns undefined: it is
 * @throws Z3Error `no-such-snapshot` where what is wanted is not there
 */
export function tokenMisfit(
  token: ResumeToken | undefined,
  target: LocalSnapshot | undefined,
  source: Side,
  destination: Side,
  options: SyncOptions,
): string | undefined {
  const { snapshots = [] } = source
  const { prefix } = options
  const wanted = findSyncTarget({
    source: { ...source, snapshots },
    prefix,
    target: options.snapshot,
  })
  if (!token || !target) return 'the source cannot send the rest of it'
  const isFull = token.fromGuid === undefined
  if (token.fromGuid !== destination.snapshots?.at(-1)?.guid) {
    return 'it does not build on the newest snapshot there'
  }
  const isRaw = token.flags.includes('w')
  if (options.raw === true && !isRaw) return 'it is not raw'
  // what an increment has must be as what it builds on
  const isFree = isFull || destination.flags === undefined
  if (options.raw === false && isRaw && isFree) return 'it is raw'
  if (BigInt(target.createtxg) > BigInt(wanted.createtxg)) {
    return `it would bring @${target.snapshot}, which is newer than @${wanted.snapshot}`
  }
  const oldest = snapshots.find(({ snapshot }) => snapshot.startsWith(prefix))
  if (isFull && options.history && oldest && target !== oldest) {
    return `it is of @${target.snapshot}, and --history begins with @${oldest.snapshot}`
  }
  if (options.onlyMatching && target !== wanted && !target.snapshot.startsWith(prefix)) {
    return `it would bring @${target.snapshot}, which --only-matching leaves out`
  }
  return undefined
}
