import { addToReport, type Io } from '@z3/cli'
import { openTransfers, type Context } from '@z3/backup'
import { parseSnapshotName } from '@z3/core'
import { renderCommand, renderPipeline } from '@z3/pipeline'
import { createParents, runZfs, type Host } from '@z3/zfs'
import type { Destination } from './destination.js'
import { leaveUnmounted, mountCommand, mountRestored, remount } from './mount.js'
import { planDataset, type PlannedDataset } from './plan-dataset.js'
import { checkFilters, prepareRestore, type PreparedStep } from './prepare-restore.js'
import { receiveAll } from './receive-all.js'
import { reportKeptMount, swapCommands, swapIn } from './replace.js'
import { ensureReadable } from '../thaw/ensure-readable.js'
import type { Thaw } from '../thaw/thaw-options.js'
import type { Sleep } from '../thaw/wait-thawed.js'

/** Options of a restore; those of the command line. */
export interface RestoreOptions {
  readonly config?: string | undefined
  readonly 'dry-run'?: boolean | undefined
  readonly force?: boolean | undefined
  readonly unmounted?: boolean | undefined
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly progress?: string | undefined
  readonly verbose?: boolean | undefined
}

/** The restore of one dataset. */
export interface Restore {
  readonly args: RestoreOptions
  readonly io: Io
  readonly context: Context
  /** The dataset to receive into. */
  readonly into: string
  /** Undefined: the newest restorable one. */
  readonly snapshot: string | undefined
  /** Options for zfs receive. */
  readonly received: readonly string[]
  /** Missing parents of the dataset are created. */
  readonly makesParents?: boolean
  /** Told the full name of each snapshot that is there. */
  readonly onReceived?: (name: string) => void
  /** Undefined: archived objects are an error. */
  readonly thaw?: Thaw | undefined
  /** For tests: waits while objects are thawed. */
  readonly sleep?: Sleep | undefined
  readonly host: Host
  readonly signal: AbortSignal
}

/** A prepared restore, before anything is received. */
interface Ready {
  readonly steps: readonly PreparedStep[]
  /** The current state of the destination. */
  readonly there: Destination
  /** The name under which the replaced dataset is kept. */
  readonly kept: string | undefined
  /** Mount the dataset at the end. */
  readonly mount: boolean
}

/**
 * Restore a dataset, or show the commands.
 *
 * @returns the full names of the snapshots that were received
 * @throws Z3Error, with the snapshots received until then in its report
 */
export async function restoreDataset(run: Restore): Promise<readonly string[]> {
  const ready = await makeReady(run)
  return run.args['dry-run'] ? dryRun(run, ready) : receive(run, ready)
}

async function makeReady(run: Restore): Promise<Ready> {
  const { args, context, host, signal, thaw, sleep } = run
  const dryRun = args['dry-run'] === true
  const request = { ...run, force: args.force === true, zfs: host.run }
  const ensure = ({ plan: { steps } }: PlannedDataset) =>
    ensureReadable(steps, {
      ...{ context, command: 'restore', thaw, dryRun, signal, sleep },
      check: () => {
        checkFilters(steps, context)
      },
    })
  let planned = await planDataset(request)
  let unreadable = await ensure(planned)
  while (unreadable === 'waited') {
    planned = await planDataset(request)
    unreadable = await ensure(planned)
  }
  const { plan, there, receiving, kept } = planned
  const steps = await prepareRestore({
    context,
    plan,
    destination: receiving,
    received: run.received,
    dryRun,
    unreadable: new Set(unreadable?.map(({ key }) => key)),
    signal,
  })
  // an existing dataset may come from an interrupted restore, and `zfs receive -F` of a full stream
  // unmounts it
  const mount =
    !args.unmounted &&
    (steps.length > 0 || kept !== undefined) &&
    (receiving.snapshots === undefined || receiving.unmounted || there.snapshots?.length === 0)
  return { steps, there, kept, mount }
}

async function dryRun(run: Restore, { steps, kept, mount }: Ready): Promise<readonly string[]> {
  const { io, into } = run
  const show = (line: string): void => {
    io.stdout.write(`${line}\n`)
  }
  await receiveAll(steps, { ...run, configFile: run.args.config, transfers: undefined }, (step) => {
    show(renderPipeline(step))
  })
  if (kept !== undefined) swapCommands(into, kept).map(renderCommand).forEach(show)
  if (mount) show(renderCommand(mountCommand(into)))
  return []
}

async function receive(
  run: Restore,
  { steps, there, kept, mount }: Ready,
): Promise<readonly string[]> {
  const { args, io, context, into, signal } = run
  const { env, say } = context
  const names: string[] = []
  const steady = runZfs({ env })
  const print = (name: string): void => {
    run.onReceived?.(name)
    if (!args.json && !args.quiet) io.stdout.write(`restored ${name}\n`)
  }
  const sizes = steps.map(({ object }) => object.bytes)
  const transfers = openTransfers(args, io, context, sizes)
  try {
    if (run.makesParents && steps.length > 0 && !there.snapshots) await createParents(steady, into)
    await receiveAll(steps, { ...run, configFile: args.config, transfers }, undefined, (name) => {
      names.push(name)
      if (kept === undefined) print(name)
    })
    if (kept !== undefined) {
      await swapIn(steady, into, kept, say, signal)
      // those that were received beside it are in it now
      for (const [i, name] of names.entries()) {
        names[i] = `${into}@${parseSnapshotName(name).snapshot}`
        print(names[i])
      }
      await reportKeptMount(steady, into, kept, there.mountpoint, say)
    }
    const before = kept === undefined ? there.mounted : []
    if (mount) await mountRestored(steady, into, before, say)
    else if (args.unmounted) await leaveUnmounted(steady, into, before, say)
  } catch (error) {
    await remount(steady, there.mounted, say)
    addToReport(error, { dataset: into, snapshots: names })
    throw error
  }
  return names
}
