import { formatSendFlags, Z3Error, type SendFlag } from '@z3/core'
import { renderPipeline } from '@z3/pipeline'
import { chooseLine, run, type PoolStep } from '@z3/replicate'
import { getProperties, parentOf } from '@z3/zfs'
import { FLAGS_PROPERTY, type Side } from './side.js'
import type { SyncOptions, SyncWorld } from './sync-world.js'

export interface Sending {
  readonly destination: Side
  /** Of zfs send. */
  readonly flags: readonly SendFlag[]
  readonly options: SyncOptions
  readonly world: SyncWorld
  /** Told the full name at the destination of what has arrived. */
  readonly arrived: (name: string) => void
}

/**
 * Send streams and see that they have arrived; or show the commands.
 *
 * @throws Z3Error
 */
export function runSteps(
  steps: readonly PoolStep[],
  { destination, flags, options, world, arrived }: Sending,
): Promise<void> {
  const { dataset } = destination
  // raw blocks are compressed, or encrypted and cannot be
  const compressed = flags.includes('c') || flags.includes('w')
  const line = compressed ? { ...options.line, compress: undefined } : options.line
  return run(steps, {
    source: world.source.source({ flags, estimates: true }),
    target: world.destination.target({
      dataset,
      unmounted: !options.mount,
      first: flags.length > 0 ? ['-o', `${FLAGS_PROPERTY}=${formatSendFlags(flags)}`] : [],
      options: options.receive,
    }),
    line: () =>
      chooseLine(line, {
        source: world.source.host,
        target: world.destination.host,
        here: world.here,
      }),
    transfers: world.transfers,
    signal: world.signal,
    onStream: (_step, commands) => {
      if (!world.transfers) world.print(renderPipeline(commands))
    },
    onArrived: ({ name }) => {
      if (!world.transfers) return
      world.print(`received ${name}`)
      arrived(name)
    },
    explain: async (error) =>
      (await missingParent(destination)) ?? changedMeanwhile(error, dataset),
  })
}

/** Why a dataset cannot be received: zfs says it of a snapshot's parent. */
async function missingParent({ pool, dataset, snapshots }: Side): Promise<Z3Error | undefined> {
  const parent = parentOf(dataset)
  if (snapshots !== undefined || parent === undefined) return undefined
  try {
    await getProperties(pool.read, parent, ['type'])
    return undefined
  } catch (error) {
    if (!(error instanceof Z3Error) || error.code !== 'no-such-dataset') {
      // it cannot be told
      return undefined
    }
    return new Z3Error(
      'no-such-dataset',
      `${dataset} cannot be received on ${pool.host.title}: there is no ${parent}`,
      { hint: 'Create it there, or give --create-parents.', cause: error },
    )
  }
}
/** What zfs says of a destination that is not as the plan has found it. */
const CHANGED =
  /: (?:dataset|target) is busy\b|partially-complete state|destination '[^']*' exists|destination has snapshots|has been modified|most recent snapshot of|already exists/

/**
 * A plan is made from what is there: where a receive then finds something else,
 * somebody was faster. What zfs alone would advise is wrong then, as to drop
 * what a receive that is at work has saved.
 *
 * @param error of a receive
 * @returns what to throw in its place
 */
function changedMeanwhile(error: unknown, dataset: string): unknown {
  if (!(error instanceof Z3Error) || !CHANGED.test(error.message)) return error
  return new Z3Error(error.code, error.message, {
    hint: `Something has changed ${dataset} since this run looked at it, or another run is at work on it: wait for its end, and run again.`,
    cause: error,
  })
}
