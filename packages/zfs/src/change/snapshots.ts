import {
  type Command,
  formatSnapshotName,
  parseSnapshotName,
  type PoolSnapshots,
  type SnapshotName,
  Z3Error,
} from '@z3/core'
import { type Host, runOnHost } from '../host.js'
import { wordsLength, wordsLimit } from '../read/ask.js'
import type { Run } from '../run.js'
import { stderrOf } from '../zfs-error.js'

/** The arguments of `zfs` that take snapshots, all or none. */
export function snapshotArguments(
  names: readonly SnapshotName[],
  properties: readonly string[] = [],
): readonly string[] {
  return [
    'snapshot',
    ...properties.flatMap((property) => ['-o', property]),
    ...names.map(formatSnapshotName),
  ]
}

/**
 * Take snapshots of one pool at the same instant: all of them or, when this
 * throws, none ("no snapshots were created", zfs-snapshot(8)), unless the
 * connection to the host was lost meanwhile.
 *
 * @param properties `PROPERTY=VALUE` of the user's own, see
 *   `checkSnapshotProperties`
 * @throws Z3Error `invalid-name`; `usage`: too many for one command, and it
 *   cannot be two; `no-such-dataset`; `not-permitted`; `zfs-failed`
 */
export async function takeSnapshots(
  run: Run,
  names: readonly SnapshotName[],
  properties: readonly string[] = [],
): Promise<void> {
  checkSnapshots(run, names, properties)
  try {
    await run(snapshotArguments(names, properties))
  } catch (error) {
    if (!/^too many arguments$/m.test(stderrOf(error) ?? '')) throw error
    throw new Z3Error(
      'zfs-failed',
      `this zfs takes one snapshot at a time, and ${String(names.length)} are wanted of the same instant`,
      {
        hint: 'OpenZFS can; with this one, select one dataset of each pool.',
        cause: error,
      },
    )
  }
}

/**
 * Check what `takeSnapshots` would refuse before it asks zfs, so that nothing
 * else is done before either.
 *
 * @throws Z3Error as that
 */
export function checkSnapshots(
  run: Run,
  names: readonly SnapshotName[],
  properties: readonly string[] = [],
): void {
  if (names.length === 0) throw new RangeError('no snapshots to take')
  for (const name of names) parseSnapshotName(formatSnapshotName(name))
  const pools = new Set(names.map(({ dataset }) => dataset.split('/')[0]))
  if (pools.size > 1) throw new RangeError('snapshots of several pools')
  checkSnapshotProperties(properties)
  const length = wordsLength(snapshotArguments(names, properties))
  if (length <= wordsLimit(run)) return
  throw new Z3Error(
    'usage',
    `${String(names.length)} snapshots of pool '${String([...pools][0])}' are too many for one zfs command: their names take ${String(length)} bytes of ${String(wordsLimit(run))}`,
    {
      hint: 'Two commands would not be of the same instant: give some of the datasets a NAME of their own, or run on that host itself, where a command may be longer.',
    },
  )
}

/**
 * Check what is to be set on snapshots: a user's property and its value.
 *
 * @throws Z3Error `usage`
 */
export function checkSnapshotProperties(properties: readonly string[]): void {
  const seen = new Set<string>()
  for (const text of properties) {
    const [property = ''] = text.split('=')
    if (!/^[_.:a-z0-9][-_.:a-z0-9]*=/.test(text) || !property.includes(':')) {
      throw new Z3Error('usage', `${JSON.stringify(text)} cannot be set on a snapshot`, {
        hint: "Write MODULE:PROPERTY=VALUE: a snapshot takes users' properties alone, in small letters and with a colon (zfsprops(7)).",
      })
    }
    if (seen.has(property)) {
      throw new Z3Error('usage', `'${property}' is set twice`, {
        hint: 'Give each property once.',
      })
    }
    seen.add(property)
  }
}

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
