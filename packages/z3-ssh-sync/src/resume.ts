import { abortReceive, describeToken, resumeCommand } from '@z3/zfs'
import { sendStream } from './send-stream.js'
import type { Side } from './side.js'
import { showCommand, type SyncOptions, type SyncWorld } from './sync-world.js'

/**
 * Go on with what an interrupted receive has saved, or drop it where that is
 * not wanted any more.
 *
 * @returns the snapshot that was received
 */
export async function resume(
  source: Side,
  destination: Side,
  options: SyncOptions,
  world: SyncWorld,
): Promise<string | undefined> {
  const { token } = destination
  if (token === undefined) return undefined
  const found = await describeToken(source.host.run, token)
  const target = source.snapshots?.find(({ guid }) => guid === found?.toGuid)
  const newest = destination.snapshots?.at(-1)
  if (!found || !target || found.fromGuid !== newest?.guid) {
    world.say(
      `${destination.dataset}: what an interrupted receive has left is of no use any more, and is dropped`,
    )
    if (world.transfers) {
      await abortReceive(destination.host.run, destination.dataset)
    } else {
      showCommand(
        destination.host,
        ['receive', '-A', destination.dataset],
        world,
      )
    }
    return undefined
  }
  world.say(
    `${destination.dataset}: going on with ${target.snapshot}, of which ${String(found.received)} bytes have arrived`,
  )
  const name = `${destination.dataset}@${target.snapshot}`
  await sendStream({
    name,
    send: [resumeCommand(token)],
    expected: found.remaining,
    flags: found.flags,
    target,
    destination,
    force: false,
    options,
    world,
    properties: [],
  })
  return name
}
