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

/** Arguments of the `zfs` command that takes snapshots, all or none. */
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
 * Take snapshots of one pool at the same instant. If this throws, none exist ("no snapshots were
 * created", zfs-snapshot(8)), unless the connection to the host was lost.
 *
 * @param properties `PROPERTY=VALUE` of user properties, see `checkSnapshotProperties`
 * @throws Z3Error `invalid-name`; `usage`: too many for one command; `no-such-dataset`;
 *   `not-permitted`; `zfs-failed`
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
      `this zfs takes one snapshot at a time, but ${String(names.length)} are required at the same instant`,
      {
        hint: 'Use OpenZFS, or select only one dataset per pool.',
        cause: error,
      },
    )
  }
}

/**
 * Check what `takeSnapshots` would refuse, before anything is run.
 *
 * @throws Z3Error as `takeSnapshots`
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
    `${String(names.length)} snapshots of pool '${String([...pools][0])}' exceed one zfs command: their names need ${String(length)} bytes, the limit is ${String(wordsLimit(run))}`,
    {
      hint: 'Give some of the datasets another snapshot NAME, or run on the host itself, where commands may be longer.',
    },
  )
}

/**
 * Check the user properties to set on snapshots.
 *
 * @throws Z3Error `usage`
 */
export function checkSnapshotProperties(properties: readonly string[]): void {
  const seen = new Set<string>()
  for (const text of properties) {
    const [property = ''] = text.split('=')
    if (!/^[_.:a-z0-9][-_.:a-z0-9]*=/.test(text) || !property.includes(':')) {
      throw new Z3Error('usage', `${JSON.stringify(text)} cannot be set on a snapshot`, {
        hint: 'Use MODULE:PROPERTY=VALUE, in lower case: snapshots accept only user properties (zfsprops(7)).',
      })
    }
    if (seen.has(property)) {
      throw new Z3Error('usage', `'${property}' is set twice`, {
        hint: 'Give each property only once.',
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
  /** Called with each line that these commands print. */
  readonly onLine?: ((line: string) => void) | undefined
  /** Called after the snapshots of a pool are taken. */
  readonly onTaken: (snapshots: PoolSnapshots) => void
  /** Called with each failure; independent steps continue. */
  readonly onFailure: (error: Z3Error) => void
}

/**
 * Take the snapshots of a plan, pool by pool, between the user's commands. If a pre-snapshot
 * command fails, no snapshot is taken. All post-snapshot commands run in any case, even after a
 * signal: they resume what the first ones have stopped. A failing pool does not affect the others.
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
