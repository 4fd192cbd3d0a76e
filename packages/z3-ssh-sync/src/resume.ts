import { findSyncEnd, type LocalSnapshot } from '@z3/core'
import { abortReceive, describeToken, type ResumeToken } from '@z3/zfs'
import { chooseFlags } from './send-flags.js'
import { runSteps } from './run-steps.js'
import { readDestination, type Side } from './side.js'
import type { SyncOptions, SyncWorld } from './sync-world.js'

/** What has become of what an interrupted receive had saved. */
export interface Resumed {
  readonly isResumed: boolean
  /** As it is now; in a dry run, as it would be. */
  readonly destination: Side
}

/**
 * Go on with what an interrupted receive has saved, or drop it where that is
 * not wanted any more.
 *
 * @throws Z3Error; where what is wanted is not there, before anything is changed
 */
export async function resume(
  source: Side,
  destination: Side,
  options: SyncOptions,
  world: SyncWorld,
  arrived: (name: string) => void,
): Promise<Resumed> {
  const { pool, dataset, token } = destination
  if (token === undefined) return { isResumed: false, destination }
  const found = await describeToken(source.pool.read, token)
  const target = source.snapshots?.find(({ guid }) => guid === found?.toGuid)
  const why = tokenMisfit(found, target, source, destination, options)
  const again = (): Promise<Side> => readDestination(pool, dataset)
  if (!found || !target || why !== undefined) {
    // what the dataset was begun with stays, and may forbid what is wanted
    if (hasSnapshots(destination)) {
      chooseFlags(options, destination.flags, () => undefined)
    }
    world.warn(
      `${dataset}: what an interrupted receive has left is of no use any more, and is dropped: ${String(why)}`,
    )
    await abortReceive(pool.change, dataset)
    return {
      isResumed: false,
      destination: world.transfers ? await again() : asDropped(destination),
    }
  }
  world.say(
    `${dataset}: going on with ${target.snapshot}, of which ${String(found.received)} bytes have arrived`,
  )
  const name = `${dataset}@${target.snapshot}`
  await runSteps([{ name, snapshot: target, resume: { token, remaining: found.remaining } }], {
    destination,
    flags: found.flags,
    options,
    world,
    arrived,
  })
  return {
    isResumed: true,
    destination: world.transfers ? await again() : asReceived(destination, target),
  }
}

function hasSnapshots({ snapshots = [] }: Side): boolean {
  return snapshots.length > 0
}

/** A first receive takes the dataset with it: zfs-receive(8), -A. */
function asDropped(side: Side): Side {
  return hasSnapshots(side)
    ? { ...side, token: undefined }
    : { ...side, token: undefined, snapshots: undefined, flags: undefined }
}

function asReceived(side: Side, target: LocalSnapshot): Side {
  const { dataset, snapshots = [] } = side
  return {
    ...side,
    token: undefined,
    snapshots: [...snapshots, { ...target, dataset }],
    modified: false,
  }
}

/**
 * Why what an interrupted receive has saved is not what is wanted now.
 *
 * @param target of the source: what the rest of it would bring
 * @returns undefined: it is
 * @throws Z3Error `no-such-snapshot` where what is wanted is not there
 */
function tokenMisfit(
  token: ResumeToken | undefined,
  target: LocalSnapshot | undefined,
  source: Side,
  destination: Side,
  options: SyncOptions,
): string | undefined {
  const { snapshots = [] } = source
  const { prefix } = options
  const wanted = findSyncEnd({
    source: { ...source, snapshots },
    prefix,
    upTo: options.snapshot,
  })
  if (!token || !target) return 'the source cannot send the rest of it'
  const isFull = token.fromGuid === undefined
  if (token.fromGuid !== destination.snapshots?.at(-1)?.guid) {
    return 'it does not build on the newest snapshot there'
  }
  const isRaw = token.flags.includes('w')
  if (options.raw === true && !isRaw) return 'it is not raw'
  // an increment has to be raw if its base was received raw, and only then
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
