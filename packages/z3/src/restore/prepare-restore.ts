import { type Context, incomingFilters } from '@z3/backup'
import {
  checkHeads,
  Z3Error,
  parseSnapshotName,
  type RestorePlan,
  type RestoreStep,
  type Command,
} from '@z3/core'
import { checkPrograms } from '@z3/pipeline'
import type { DownloadStep } from '@z3/replicate'
import { receiveCommand } from '@z3/zfs'
import pMap from 'p-map'
import type { Destination } from './destination.js'
import { openStream, type OpenedStream } from './open-stream.js'

/** Objects to open in parallel. */
const LOOKS_AT_ONCE = 8

/** A step of a restore, with its programs. */
export interface PreparedStep extends DownloadStep {
  readonly receive: Command
  /** Guid in the stream; undefined if unknown: not read, or several. */
  readonly streamGuid: string | undefined
  /** A replication stream (`zfs send -R`), which contains the names of its snapshots. */
  readonly isReplication: boolean
}

/** The input of `prepareRestore`. */
interface Preparing {
  readonly context: Context
  readonly plan: Pick<RestorePlan, 'steps' | 'base'>
  /** State of the dataset to receive into. */
  readonly destination: Destination
  /** Options for zfs receive. */
  readonly received: readonly string[]
  /** Read only what is needed to show the commands. */
  readonly dryRun: boolean
  /** Keys of archived objects, in a dry run. */
  readonly unreadable?: ReadonlySet<string> | undefined
  readonly signal: AbortSignal
}

/**
 * The steps of a restore. Opens each object and compares its content with its metadata, before
 * anything is received.
 *
 * @throws Z3Error `stream-mismatch`, `destination-modified`, `program-missing`,
 *   `unknown-compressor`, `config`, and those of the store
 */
export async function prepareRestore(preparing: Preparing): Promise<readonly PreparedStep[]> {
  const { context, plan, received } = preparing
  const { steps } = plan
  const { dataset, env, place, say } = context
  checkFilters(steps, context)
  const opened = await openAll(preparing)
  const heads = new Map([...opened].flatMap(([step, { head }]) => (head ? [[step, head]] : [])))
  checkHeads(plan, heads)
  for (const { object } of steps) {
    if (object.remark !== undefined) {
      say(`object '${object.key}': ${object.remark}; restoring it as such`)
    }
  }
  const isReplication = (step: RestoreStep): boolean => heads.get(step)?.compound === true
  if (steps.some(isReplication)) {
    say(
      `${place.dataset} is stored as replication streams (zfs send -R): datasets below it are restored, too; mount them with 'zfs mount -a'`,
    )
  }
  const prepared = steps.map((step) => {
    const stream = opened.get(step) ?? declared(step, context)
    if (isReplication(step)) checkUnforced(step, preparing)
    // a replication stream contains properties, and would mount a copy over the original
    const elsewhere =
      isReplication(step) &&
      !step.name.startsWith(`${dataset}@`) &&
      !received.some((word) => word.includes('mountpoint'))
    const options = elsewhere ? [...received, '-x', 'mountpoint'] : received
    return {
      ...step,
      filters: stream.filters,
      streamGuid: isReplication(step) ? undefined : stream.head?.guid,
      isReplication: isReplication(step),
      receive: receiveStep(step, stream.head?.compound === true, options),
    }
  })
  // our own programs are located in another way
  checkPrograms(
    prepared.flatMap(({ filters, receive }) => [...filters, receive]),
    env,
  )
  return prepared
}

/**
 * Check that the programs exist that the metadata name.
 *
 * @throws Z3Error `program-missing`, `unknown-compressor`, `config`
 */
export function checkFilters(
  steps: readonly Pick<RestoreStep, 'object'>[],
  { config, env }: Pick<Context, 'config' | 'env'>,
): void {
  checkPrograms(
    steps.flatMap(({ object }) => incomingFilters(object, config)),
    env,
  )
}

async function openAll({
  context: { config, env, store },
  plan: { steps },
  dryRun,
  unreadable,
  signal,
}: Preparing): Promise<ReadonlyMap<RestoreStep, OpenedStream>> {
  const wanted = dryRun
    ? steps.filter(({ object: { guid, key } }) => guid === undefined && !unreadable?.has(key))
    : steps
  const opened = await pMap(
    wanted,
    async (step) => [step, await openStream(step.object, { store, config, env, signal })] as const,
    { concurrency: LOOKS_AT_ONCE, signal },
  )
  return new Map(opened)
}

function declared({ object }: RestoreStep, { config }: Context): OpenedStream {
  return { filters: incomingFilters(object, config), head: undefined }
}

/** @throws Z3Error `destination-modified` */
function checkUnforced(step: RestoreStep, { plan: { steps, base }, destination }: Preparing): void {
  const { name, snapshots, modified } = destination
  if (step !== steps[0] || snapshots === undefined) return
  if (base && !modified && snapshots.at(-1) === base) return
  throw new Z3Error(
    'destination-modified',
    `object '${step.object.key}' is a replication stream (zfs send -R), and z3 does not use --force for it: zfs would destroy snapshots and datasets of ${name} that the stream does not contain`,
    { hint: 'Restore into a new dataset with --into.' },
  )
}

/**
 * The dataset stays unmounted until all streams are received: a write in between would make the
 * next receive fail.
 *
 * A replication stream (`zfs send -R`) contains the names of its snapshots, so none is given. It is
 * never forced: `zfs receive -F` would destroy what the sender does not have.
 */
function receiveStep(
  { name, force }: RestoreStep,
  replication: boolean,
  options: readonly string[],
): Command {
  const { dataset, snapshot } = parseSnapshotName(name)
  return receiveCommand({
    name: replication ? { dataset } : { dataset, snapshot },
    force: force && !replication,
    unmounted: true,
    options,
  })
}
