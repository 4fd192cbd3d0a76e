import { Z3Error, type LocalSnapshot, type SendFlag } from '@z3/core'
import { renderPipeline, type Stage } from '@z3/pipeline'
import {
  canKeepPartial,
  explainPipeline,
  getProperties,
  hasOption,
  listSnapshots,
  parentOf,
  receiveCommand,
  type sendCommand,
} from '@z3/zfs'
import { changedMeanwhile } from './changed-meanwhile.js'
import { chooseLine } from './line.js'
import type { Side } from './side.js'
import type { SyncOptions, SyncWorld } from './sync-world.js'

/** One stream from source to destination. */
export interface Stream {
  /** Full name of the last snapshot at the destination. */
  readonly name: string
  readonly send: readonly [ReturnType<typeof sendCommand>]
  readonly expected: number | undefined
  readonly flags: readonly SendFlag[]
  readonly target: LocalSnapshot
  readonly destination: Side
  readonly force: boolean
  readonly options: SyncOptions
  readonly world: SyncWorld
  /** More words for zfs receive. */
  readonly properties: readonly string[]
}

/**
 * Send a stream and see that it has arrived; or show the commands.
 *
 * @throws Z3Error
 */
export async function sendStream(request: Stream): Promise<void> {
  const { destination, options, world, send, name, flags } = request
  const { host, dataset } = destination
  const line = await chooseLine(options.line, flags, world.source, world.destination, world.here)
  const resumable =
    (await hasOption(host.run, 'receive', 's')) && (await canKeepPartial(host, dataset))
  const receive = receiveCommand({
    // a stream of several snapshots brings their names with it
    name: { dataset },
    unmounted: !options.mount,
    force: request.force,
    resumable,
    options: [...request.properties, ...options.receive],
  })
  const outgoing = [...send, ...line.outgoing]
  const incoming = [...line.incoming, receive]
  if (!world.transfers) {
    world.print(
      renderPipeline([
        ...world.source.shown(outgoing),
        ...line.between,
        ...world.destination.shown(incoming),
      ]),
    )
    return
  }
  const sending: readonly Stage[] = world.source.stages(outgoing)
  try {
    await world.transfers.run(
      {
        name,
        stages: [...sending, ...line.between, ...world.destination.stages(incoming)],
        reader: world.source.target === undefined ? 1 : sending.length,
        expected: request.expected,
        commit: false,
      },
      world.signal,
    )
  } catch (error) {
    // what else is gone by then is so because of that
    world.signal.throwIfAborted()
    // a line that is gone explains whatever else was said
    const lost = (await world.source.lost()) ?? (await world.destination.lost())
    throw (
      lost ??
      (await missingParent(destination)) ??
      changedMeanwhile(
        explainPipeline(error, [
          { host: world.source, commands: outgoing },
          { host: world.destination, commands: incoming },
        ]),
        dataset,
      )
    )
  }
  await checkArrived(request)
  world.print(`received ${name}`)
}

/** Why a dataset cannot be received: zfs says it of a snapshot's parent. */
async function missingParent({ host, dataset, snapshots }: Side): Promise<Z3Error | undefined> {
  const parent = parentOf(dataset)
  if (snapshots !== undefined || parent === undefined) return undefined
  try {
    await getProperties(host.run, parent, ['type'])
    return undefined
  } catch (error) {
    if (!(error instanceof Z3Error) || error.code !== 'no-such-dataset') {
      // it cannot be told
      return undefined
    }
    return new Z3Error(
      'no-such-dataset',
      `${dataset} cannot be received on ${host.title}: there is no ${parent}`,
      { hint: 'Create it there, or give --create-parents.', cause: error },
    )
  }
}

/** What zfs reports is not enough to say that it is there: look. */
async function checkArrived({
  name,
  target,
  destination: { host, dataset },
}: Stream): Promise<void> {
  const there = await listSnapshots(host.run, dataset)
  if (there.some(({ guid }) => guid === target.guid)) return
  throw new Z3Error(
    'not-restored',
    `${name} is not on ${host.title}, although zfs receive has reported no error`,
    { hint: 'Look at the dataset there before it is relied upon.' },
  )
}
