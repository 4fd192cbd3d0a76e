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

/** Objects whose beginning is read at once. */
const LOOKS_AT_ONCE = 8

/** A step of a restore, and the programs that carry it out. */
export interface PreparedStep extends DownloadStep {
  readonly receive: Command
  /** Of the stream; undefined where it is not known: it was not read, or has several. */
  readonly streamGuid: string | undefined
  /** A replication stream (`zfs send -R`), which names its own snapshots. */
  readonly isReplication: boolean
}

/** What a restore is prepared from. */
interface Preparing {
  readonly context: Context
  readonly plan: Pick<RestorePlan, 'steps' | 'base'>
  /** Where it is received. */
  readonly destination: Destination
  /** Words for zfs receive. */
  readonly received: readonly string[]
  /** Nothing is fetched but what is needed to show the commands. */
  readonly dryRun: boolean
  readonly signal: AbortSignal
}

/**
 * The steps of a restore. Each object is opened first: what it holds is
 * compared with what its metadata say, before anything is received.
 *
 * @throws Z3Error `stream-mismatch`, `destination-modified`, `program-missing`,
 *   `unknown-compressor`, `config`, and those of the store
 */
export async function prepareRestore(preparing: Preparing): Promise<readonly PreparedStep[]> {
  const { context, plan, received } = preparing
  const { steps } = plan
  const { config, dataset, env, place, say } = context
  checkPrograms(
    steps.flatMap(({ object }) => incomingFilters(object, config)),
    env,
  )
  const opened = await openAll(preparing)
  const heads = new Map([...opened].flatMap(([step, { head }]) => (head ? [[step, head]] : [])))
  checkHeads(plan, heads)
  for (const { object } of steps) {
    if (object.remark !== undefined) {
      say(`object '${object.key}': ${object.remark}; it is restored as that`)
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
    // its properties come with it, and would mount a copy over the original
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
  // our own programs are found otherwise
  checkPrograms(
    prepared.flatMap(({ filters, receive }) => [...filters, receive]),
    env,
  )
  return prepared
}

async function openAll({
  context: { config, env, store },
  plan: { steps },
  dryRun,
  signal,
}: Preparing): Promise<ReadonlyMap<RestoreStep, OpenedStream>> {
  const wanted = dryRun ? steps.filter(({ object }) => object.guid === undefined) : steps
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
    `object '${step.object.key}' is a replication stream (zfs send -R), which z3 does not force upon ${name}: zfs would destroy snapshots and datasets that the stream does not have`,
    { hint: 'Restore into a new dataset with --into.' },
  )
}

/**
 * What is received is not mounted before all of it is there: whatever writes to
 * it in between would make the next step fail.
 *
 * A replication stream (`zfs send -R`) names its snapshots itself, and takes no
 * name of ours. It is never forced: `zfs receive -F` of one destroys what the
 * sender does not have.
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
