import type { LocalSnapshot } from '@z3/core'
import { abortReceive, describeToken } from '@z3/zfs'
import { chooseFlags } from './send-flags.js'
import { runSteps } from './run-steps.js'
import { readDestination, type Side } from './side.js'
import { showCommand, type SyncOptions, type SyncWorld } from './sync-world.js'
import { tokenMisfit } from './token-misfit.js'

/** What has become of what an interrupted receive had saved. */
export interface Resumed {
  /** The full name of the snapshot that has arrived now. */
  readonly name: string | undefined
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
): Promise<Resumed> {
  const { host, dataset, token } = destination
  if (token === undefined) return { name: undefined, destination }
  const found = await describeToken(source.host.run, token)
  const target = source.snapshots?.find(({ guid }) => guid === found?.toGuid)
  const why = tokenMisfit(found, target, source, destination, options)
  const again = (): Promise<Side> => readDestination(host, dataset)
  if (!found || !target || why !== undefined) {
    // what the dataset was begun with stays, and may forbid what is wanted
    if (hasSnapshots(destination)) {
      chooseFlags(options, destination.flags, () => undefined)
    }
    world.warn(
      `${dataset}: what an interrupted receive has left is of no use any more, and is dropped: ${String(why)}`,
    )
    if (!world.transfers) {
      showCommand(host, ['receive', '-A', dataset], world)
      return { name: undefined, destination: asDropped(destination) }
    }
    await abortReceive(host.run, dataset)
    return { name: undefined, destination: await again() }
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
  })
  return {
    name,
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
