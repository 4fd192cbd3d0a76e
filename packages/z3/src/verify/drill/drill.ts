import { loadStored, openTransfers, type Context, type ContextArguments } from '@z3/backup'
import { EXIT, humanSize, parseSnapshotName, planRestore, Z3Error, type ErrorCode } from '@z3/core'
import { PipelineError } from '@z3/pipeline'
import { getProperties, parentOf, runZfs, snapshotGuid, type Host } from '@z3/zfs'
import { printable, type Io } from '@z3/cli'
import { checkDestination, readDestination } from '../../restore/destination.js'
import { prepareRestore, type PreparedStep } from '../../restore/prepare-restore.js'
import { receiveAll } from '../../restore/receive-all.js'
import { checkRestoreNames } from '../../restore/replace.js'
import { newestRestorable } from '../../restore/wanted-snapshot.js'
import { destroyScratch, hideScratch, scratchOptions, type Scratch } from './scratch.js'

/** What a drill has shown of one snapshot. */
export interface DrillResult {
  readonly dataset: string
  /** Undefined: none can be restored. */
  readonly snapshot: string | undefined
  readonly result: 'ok' | 'failed' | 'not verified'
  /** Undefined where all is well. */
  readonly reason: string | undefined
  /** Guid of the restored snapshot, decimal. */
  readonly guid: string | undefined
  /** Objects that were received, and their bytes. */
  readonly objects: number
  readonly bytes: number
}

export interface Drill {
  readonly args: ContextArguments & { readonly progress?: string | undefined }
  readonly io: Io
  readonly context: Context
  /** What follows the `@`; undefined: the newest that can be restored. */
  readonly snapshot: string | undefined
  readonly scratch: Scratch
  readonly host: Host
  readonly signal: AbortSignal
}

/**
 * Restore a snapshot as `z3 restore` does, into a dataset that is destroyed
 * again in any case. Every received guid is compared with the metadata.
 *
 * @throws Z3Error where this is not about the backup, as a server that cannot
 *   be reached, or a dataset that cannot be destroyed; the signal's reason
 */
export async function drill(run: Drill): Promise<DrillResult> {
  const { context, signal } = run
  const { dataset } = context
  const received: PreparedStep[] = []
  let snapshot = run.snapshot
  const result = (found: Pick<DrillResult, 'result' | 'reason' | 'guid'>): DrillResult => ({
    ...found,
    dataset,
    snapshot,
    objects: received.length,
    bytes: received.reduce((sum, { object }) => sum + (object.bytes ?? 0), 0),
  })
  try {
    const { place, env, tell } = context
    const { snapshots: stored } = await loadStored(place, env, signal, tell)
    snapshot ??= newestRestorable(stored, context)
    const steps = await prepare(run, stored, snapshot)
    if (steps.some(({ isReplication }) => isReplication)) {
      const reason = `${dataset} is stored as replication streams (zfs send -R), which a drill does not restore`
      return result({ result: 'not verified', reason, guid: undefined })
    }
    const guid = await receive(run, steps, received)
    return result({ result: 'ok', reason: undefined, guid })
  } catch (error) {
    // what is left on the pool has to be told, whatever ended the run
    if (signal.aborted && error instanceof Z3Error && error.code === 'zfs-failed') {
      run.io.stderr.write(`z3: ${printable(`${error.message}; ${error.hint ?? ''}`)}\n`)
    }
    signal.throwIfAborted()
    const found = judge(error)
    if (!found) throw error
    return result({ ...found, guid: undefined })
  }
}

async function prepare(
  { context, scratch, host, signal }: Drill,
  stored: Awaited<ReturnType<typeof loadStored>>['snapshots'],
  upTo: string,
): Promise<readonly PreparedStep[]> {
  const { dataset } = context
  const destination = await readDestination(host.run, scratch.name)
  const into = scratch.name
  const { snapshots: local, modified } = destination
  const plan = planRestore({ stored, upTo, dataset, into, local, modified, onLoss: 'refuse' })
  checkRestoreNames({ into, local, steps: plan.steps, kept: undefined })
  await checkDestination(host.run, destination, plan.steps)
  await checkRoom(host, scratch, plan.steps)
  return prepareRestore({
    context,
    plan,
    destination,
    received: scratchOptions(scratch),
    dryRun: false,
    signal,
  })
}

/**
 * A drill must not fill a pool that others use: unlike a restore, it takes every
 * stream for as large as its estimate, though compression may save some of it.
 *
 * @throws Z3Error `no-space`
 */
async function checkRoom(
  host: Host,
  { name }: Scratch,
  steps: readonly { readonly object: PreparedStep['object'] }[],
): Promise<void> {
  const { available } = await getProperties(host.run, parentOf(name) ?? name, ['available'])
  const needed = steps.reduce((sum, { object }) => sum + (object.size ?? object.bytes ?? 0), 0)
  if (available === undefined || needed <= Number(available)) return
  throw new Z3Error(
    'no-space',
    `the drill needs ${humanSize(needed)} for ${name}, and ${humanSize(Number(available))} are available`,
    { hint: 'Free space, or name a dataset in another pool with --drill.' },
  )
}

/** @returns the guid of the last one */
async function receive(
  { args, io, context, scratch, host, signal }: Drill,
  steps: readonly PreparedStep[],
  received: PreparedStep[],
): Promise<string | undefined> {
  const sizes = steps.map(({ object }) => object.bytes)
  const transfers = openTransfers(args, io, context, sizes)
  const guids = new Map<string, string>()
  // no signal ends these: what was made has to go
  const steady = runZfs({ env: context.env })
  try {
    let last: string | undefined
    for (const step of steps) {
      // known before it is received: one that arrives and is not checked is ours, too
      if (step.streamGuid !== undefined) guids.set(step.name, step.streamGuid)
      await receiveAll([step], { host, context, configFile: args.config, transfers, signal })
      if (received.length === 0) await hideScratch(host.run, scratch)
      received.push(step)
      last = await snapshotGuid(host.run, parseSnapshotName(step.name))
      if (last !== undefined) guids.set(step.name, last)
    }
    return last
  } finally {
    await destroyScratch(steady, scratch, guids)
  }
}

/** Errors without exit status 3 that are about the backup all the same. */
const FAILED: readonly ErrorCode[] = [
  'no-such-key',
  'no-such-snapshot',
  'no-such-dataset',
  'not-restored',
  'stage-failed',
]

/** Why it could not be tried. */
const UNTRIED: readonly ErrorCode[] = ['config', 'access-denied', 'object-archived', 'no-space']

function judge(error: unknown): Pick<DrillResult, 'result' | 'reason'> | undefined {
  if (!(error instanceof Z3Error)) return undefined
  const { code, message: reason } = error
  if (UNTRIED.includes(code)) return { result: 'not verified', reason }
  const isAboutBackup = error.exitStatus === 3 || FAILED.includes(code)
  return isAboutBackup && !isFromOutside(error) ? { result: 'failed', reason } : undefined
}

/** z3-get could not reach the server, or the system killed a program. */
function isFromOutside(error: Z3Error): boolean {
  if (!(error instanceof PipelineError)) return false
  const failed = error.stages[error.culprit]
  if (failed?.status.kind !== 'exited') return true
  return (
    failed.stage.ours === true &&
    error.exitStatus !== EXIT.integrity &&
    error.exitStatus !== EXIT.missing
  )
}
