import { type Context, storeFlags } from '@z3/backup'
import { parseSnapshotName, Z3Error, type Command } from '@z3/core'
import type { Transfers } from '@z3/pipeline'
import { run, StoreEndpoint } from '@z3/replicate'
import { snapshotGuid, type Host } from '@z3/zfs'
import type { PreparedStep } from './prepare-restore.js'

interface Receiving {
  readonly host: Host
  readonly context: Context
  /** The value of --config. */
  readonly configFile: string | undefined
  /** Undefined: a dry run. */
  readonly transfers: Transfers | undefined
  readonly signal: AbortSignal
}

/**
 * Execute a restore: from the store into a pool, one snapshot after the other, checking each.
 *
 * @param onStream called with the commands of each, before it is received
 * @param onReceived called with the full name of each received snapshot; not in a dry run
 * @throws Z3Error
 */
export function receiveAll(
  steps: readonly PreparedStep[],
  { host, context: { config, place }, configFile, transfers, signal }: Receiving,
  onStream?: (commands: readonly Command[]) => void,
  onReceived?: (name: string) => void,
): Promise<void> {
  const store = new StoreEndpoint(host, place.prefix)
  return run<PreparedStep>(steps, {
    source: store.source(storeFlags(config, configFile, 'z3-get', place.store.asOf)),
    target: {
      host,
      receive: ({ receive }) => Promise.resolve([receive]),
      checkArrived: (step) => checkReceived(host, step),
    },
    transfers,
    signal,
    onStream: (_step, commands) => onStream?.(commands),
    onArrived: ({ name }) => {
      if (transfers) onReceived?.(name)
    },
  })
}

/**
 * Check the snapshot: the exit status of zfs does not prove that it exists.
 *
 * @throws Z3Error `not-restored`
 */
async function checkReceived(host: Host, { name, object }: PreparedStep): Promise<void> {
  const guid = await snapshotGuid(host.run, parseSnapshotName(name))
  if (guid !== undefined && (object.guid ?? guid) === guid) return
  throw new Z3Error(
    'not-restored',
    guid === undefined
      ? `${name} does not exist, although zfs receive reported no error`
      : `${name} does not match '${object.key}': its guid is ${guid}, not ${String(object.guid)}`,
    {
      hint: 'Check the dataset, and compare it with other copies, before you use it.',
    },
  )
}
