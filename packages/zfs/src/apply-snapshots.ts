import { Z3Error, type Command, type PoolSnapshots } from '@z3/core'
import type { Host } from './host.js'
import { runOnHost } from './run-on-host.js'
import { checkSnapshots, takeSnapshots } from './take-snapshots.js'

export interface ApplySnapshotsOptions {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** `PROPERTY=VALUE`, to set on the snapshots. */
  readonly properties: readonly string[]
  /** Commands to run before and after, on the host. */
  readonly pre: readonly Command[]
  readonly post: readonly Command[]
  /** Called with what these commands write, a line at a time. */
  readonly onLine?: ((line: string) => void) | undefined
  /** Called when the snapshots of a pool are there. */
  readonly onTaken: (snapshots: PoolSnapshots) => void
  /** Called with each thing that failed; the rest goes on as far as it makes sense. */
  readonly onFailure: (error: Z3Error) => void
}

/**
 * Take the snapshots of a plan, pool by pool, between the user's own commands:
 * when one of those before fails, no snapshot is taken; those after are all run
 * in any case, also when the run is being ended, since they set free what the
 * first ones have stopped. One pool that fails does not keep the others from
 * theirs.
 *
 * @throws Z3Error as `checkSnapshots`, before anything is run
 * @throws the signal's reason
 */
export async function applySnapshots(
  host: Host,
  pools: readonly PoolSnapshots[],
  options: ApplySnapshotsOptions,
): Promise<void> {
  const { env, signal, properties, pre, post, onLine, onTaken, onFailure } = options
  for (const { names } of pools) checkSnapshots(host.run, names, properties)
  signal.throwIfAborted()
  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      if (!(error instanceof Z3Error)) throw error
      onFailure(error)
      return false
    }
  }
  try {
    for (const command of pre) {
      const run = () => runOnHost(host, command, { env, signal, onLine })
      if (!(await attempt(run))) return
    }
    for (const snapshots of pools) {
      await attempt(async () => {
        await takeSnapshots(host.run, snapshots.names, properties)
        onTaken(snapshots)
      })
    }
  } finally {
    const always = { env, signal: new AbortController().signal, onLine }
    for (const command of post) {
      await attempt(() => runOnHost(host, command, always))
    }
  }
}
