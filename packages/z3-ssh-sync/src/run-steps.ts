import { formatSendFlags, Z3Error, type SendFlag } from '@z3/core'
import { renderPipeline } from '@z3/pipeline'
import { chooseLine, run, type PoolStep } from '@z3/replicate'
import { getProperties, parentOf } from '@z3/zfs'
import { FLAGS_PROPERTY, type SyncJob } from './sync-world.js'

/**
 * Send streams and check that they have arrived; or print the commands.
 *
 * @throws Z3Error
 */
export function runSteps(
  steps: readonly PoolStep[],
  flags: readonly SendFlag[],
  job: SyncJob,
): Promise<void> {
  const { to: dataset, options, world, arrived } = job
  // raw blocks are compressed, or encrypted and not compressible
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
    onArrived: ({ name, snapshot }) => {
      world.destination.addSnapshot({ ...snapshot, dataset })
      if (!world.transfers) return
      world.print(`received ${name}`)
      arrived(name)
    },
    explain: async (error) => (await missingParent(job)) ?? changedMeanwhile(error, dataset),
  })
}

/** The error for a missing parent dataset, which zfs reports for a snapshot. */
async function missingParent({
  to,
  world: { destination },
}: SyncJob): Promise<Z3Error | undefined> {
  const parent = parentOf(to)
  if (destination.find(to) || parent === undefined) return undefined
  try {
    await getProperties(destination.read, parent, ['type'])
    return undefined
  } catch (error) {
    if (!(error instanceof Z3Error) || error.code !== 'no-such-dataset') {
      // unknown
      return undefined
    }
    return new Z3Error(
      'no-such-dataset',
      `${to} cannot be received on ${destination.host.title}: ${parent} does not exist`,
      { hint: 'Create the parent dataset, or use --create-parents.', cause: error },
    )
  }
}

/** Messages of zfs for a destination that differs from the plan. */
const CHANGED =
  /: (?:dataset|target) is busy\b|partially-complete state|destination '[^']*' exists|destination has snapshots|has been modified|most recent snapshot of|already exists/

/**
 * Replaces the error of a receive if the destination changed after it was planned: another process
 * is using it. The hint of zfs would be wrong then, such as to discard the data of a running
 * receive.
 *
 * @param error of a receive
 * @returns the error to throw instead
 */
function changedMeanwhile(error: unknown, dataset: string): unknown {
  if (!(error instanceof Z3Error) || !CHANGED.test(error.message)) return error
  return new Z3Error(error.code, error.message, {
    hint: `${dataset} was changed during this run, or another run is using it: wait for that run to end, then retry.`,
    cause: error,
  })
}
