import { findSyncEnd, type LocalSnapshot } from '@z3/core'
import { readPartial } from '@z3/replicate'
import { ifThere, type ResumeToken } from '@z3/zfs'
import { runSteps } from './run-steps.js'
import { chooseFlags } from './send-flags.js'
import { FLAGS_PROPERTY, type SyncJob } from './sync-world.js'

/** Read the dataset at the destination, which may not exist. */
export async function readDestination({ to, world: { destination } }: SyncJob): Promise<void> {
  const properties = ['written', 'receive_resume_token', FLAGS_PROPERTY]
  await ifThere(destination.readDataset(to, { properties }))
}

/**
 * Resume an interrupted receive, or discard its data if it is no longer wanted. A dry run then
 * assumes the resulting state of the destination.
 *
 * @returns whether it was resumed
 * @throws Z3Error; if the wanted snapshot does not exist, before anything is changed
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
      `${to}: resuming ${brings.snapshot} (${String(stream.received)} bytes already received)`,
    )
    const step = { name: `${to}@${brings.snapshot}`, snapshot: brings }
    const rest = { token, remaining: stream.remaining }
    await runSteps([{ ...step, resume: rest }], stream.flags, job)
  } else {
    // the flags of the first stream remain and may forbid what is wanted
    if (there?.snapshots.length) {
      chooseFlags(options, there.properties[FLAGS_PROPERTY], () => undefined)
    }
    world.warn(`${to}: discarding the data of an interrupted receive: ${String(why)}`)
    await destination.abortReceive(to)
  }
  if (world.transfers) await readDestination(job)
  return isResumed
}

/**
 * Why the data of an interrupted receive is not wanted.
 *
 * @param brings the snapshot at the source that the rest of the stream contains
 * @returns undefined: it is wanted
 * @throws Z3Error `no-such-snapshot` if the wanted snapshot does not exist
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
  if (!stream || !brings) return 'the source cannot send the rest of the stream'
  const isFull = stream.fromGuid === undefined
  if (stream.fromGuid !== there?.snapshots.at(-1)?.guid) {
    return 'its parent is not the newest snapshot of the destination'
  }
  const isRaw = stream.flags.includes('w')
  if (options.raw === true && !isRaw) return 'the stream is not raw'
  // an increment is raw if and only if its parent was received raw
  const isFree = isFull || there?.properties[FLAGS_PROPERTY] === undefined
  if (options.raw === false && isRaw && isFree) return 'the stream is raw'
  if (BigInt(brings.createtxg) > BigInt(wanted.createtxg)) {
    return `@${brings.snapshot} is newer than @${wanted.snapshot}`
  }
  const oldest = snapshots.find(({ snapshot }) => snapshot.startsWith(prefix))
  if (isFull && policy.first === 'oldest' && oldest && brings !== oldest) {
    return `it contains @${brings.snapshot}, but --history begins with @${oldest.snapshot}`
  }
  if (policy.versions === 'matching' && brings !== wanted && !brings.snapshot.startsWith(prefix)) {
    return `--only-matching excludes @${brings.snapshot}`
  }
  return undefined
}
