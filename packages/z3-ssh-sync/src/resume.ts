import { findSyncEnd, type LocalSnapshot } from '@z3/core'
import { readPartial } from '@z3/replicate'
import { ifThere, type ResumeToken } from '@z3/zfs'
import { runSteps } from './run-steps.js'
import { chooseFlags } from './send-flags.js'
import { FLAGS_PROPERTY, type SyncJob } from './sync-world.js'

/** Read the dataset at the destination, which need not exist. */
export async function readDestination({ to, world: { destination } }: SyncJob): Promise<void> {
  const properties = ['written', 'receive_resume_token', FLAGS_PROPERTY]
  await ifThere(destination.readDataset(to, { properties }))
}

/**
 * Continue what an interrupted receive has saved, or drop it where it is not wanted any
 * more. In a dry run, the destination is then taken for what it would be.
 *
 * @returns whether it was continued
 * @throws Z3Error; where what is wanted is not there, before anything is changed
 */
export async function resume(job: SyncJob): Promise<boolean> {
  const { from, to, options, world } = job
  const { source, destination } = world
  const there = destination.find(to)
  const partial = await readPartial(source, there)
  if (!partial) return false
  const { token, stream } = partial
  const brings = source.find(from)?.snapshots.find(({ guid }) => guid === stream?.toGuid)
  const why = partialMisfit(stream, brings, job)
  const isResumed = stream !== undefined && brings !== undefined && why === undefined
  if (isResumed) {
    world.say(
      `${to}: going on with ${brings.snapshot}, of which ${String(stream.received)} bytes have arrived`,
    )
    const step = { name: `${to}@${brings.snapshot}`, snapshot: brings }
    const rest = { token, remaining: stream.remaining }
    await runSteps([{ ...step, resume: rest }], stream.flags, job)
  } else {
    // what the dataset was begun with stays, and may forbid what is wanted
    if (there?.snapshots.length) {
      chooseFlags(options, there.properties[FLAGS_PROPERTY], () => undefined)
    }
    world.warn(
      `${to}: what an interrupted receive has left is of no use any more, and is dropped: ${String(why)}`,
    )
    await destination.abortReceive(to)
  }
  if (world.transfers) await readDestination(job)
  return isResumed
}

/**
 * Why what an interrupted receive has saved is not what is wanted now.
 *
 * @param brings of the source: the snapshot that the rest of the stream brings
 * @returns undefined: it is
 * @throws Z3Error `no-such-snapshot` where what is wanted is not there
 */
function partialMisfit(
  stream: ResumeToken | undefined,
  brings: LocalSnapshot | undefined,
  { from, to, options, world: { source, destination } }: SyncJob,
): string | undefined {
  const { snapshots = [], bookmarks = [] } = source.find(from) ?? {}
  const there = destination.find(to)
  const { prefix, policy } = options
  const wanted = findSyncEnd({
    source: { dataset: from, snapshots, bookmarks },
    prefix,
    upTo: options.snapshot,
  })
  if (!stream || !brings) return 'the source cannot send the rest of it'
  const isFull = stream.fromGuid === undefined
  if (stream.fromGuid !== there?.snapshots.at(-1)?.guid) {
    return 'it does not start from the newest snapshot of the destination'
  }
  const isRaw = stream.flags.includes('w')
  if (options.raw === true && !isRaw) return 'it is not raw'
  // an increment has to be raw if its base was received raw, and only then
  const isFree = isFull || there?.properties[FLAGS_PROPERTY] === undefined
  if (options.raw === false && isRaw && isFree) return 'it is raw'
  if (BigInt(brings.createtxg) > BigInt(wanted.createtxg)) {
    return `it would bring @${brings.snapshot}, which is newer than @${wanted.snapshot}`
  }
  const oldest = snapshots.find(({ snapshot }) => snapshot.startsWith(prefix))
  if (isFull && policy.first === 'oldest' && oldest && brings !== oldest) {
    return `it is of @${brings.snapshot}, and --history begins with @${oldest.snapshot}`
  }
  if (policy.versions === 'matching' && brings !== wanted && !brings.snapshot.startsWith(prefix)) {
    return `it would bring @${brings.snapshot}, which --only-matching leaves out`
  }
  return undefined
}
