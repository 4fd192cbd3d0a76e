import { openContext, type Context, openTransfers, loadStored } from '@z3/backup'
import {
  addToReport,
  optionFlags,
  repeatable,
  version,
  withLock,
  type Arguments,
  type CommandSpec,
  type Io,
  jsonOption,
} from '@z3/cli'
import { EXIT, parseSnapshotName, planRestore, type RestorePlan } from '@z3/core'
import { renderCommand, renderPipeline } from '@z3/pipeline'
import { checkReceiveOptions, localHost, runZfs, type Host } from '@z3/zfs'
import { globals, transfer } from '../command-line.js'
import {
  checkDestination,
  checkNothingSaved,
  readDestination,
  type Destination,
} from '../restore/destination.js'
import { leaveUnmounted, mountCommand, mountRestored, remount } from '../restore/mount.js'
import { prepareRestore, type PreparedStep } from '../restore/prepare-restore.js'
import { receiveAll } from '../restore/receive-all.js'
import {
  planBeside,
  besideName,
  checkReplaceable,
  keptName,
  reportKeptMount,
  swapCommands,
  swapIn,
  checkRestoreNames,
} from '../restore/replace.js'
import { newestRestorable, wantedSnapshot } from '../restore/wanted-snapshot.js'

const options = {
  ...globals,
  ...transfer,
  latest: {
    type: 'boolean',
    group: 'Restore',
    describe: 'Restore the newest snapshot that can be restored',
  },
  into: {
    type: 'string',
    requiresArg: true,
    value: 'DATASET',
    group: 'Restore',
    describe: 'Receive into DATASET (default: the original dataset)',
  },
  force: {
    type: 'boolean',
    alias: 'F',
    group: 'Restore',
    describe: 'Discard local changes and newer snapshots of the dataset',
  },
  unmounted: {
    type: 'boolean',
    alias: 'u',
    group: 'Restore',
    describe: 'Do not mount the restored dataset',
  },
  'recv-option': repeatable({
    type: 'string',
    requiresArg: true,
    value: 'OPTION',
    group: 'Restore',
    describe: 'Pass an option to zfs receive: --recv-option=-xmountpoint; repeatable',
  } as const),
  ...jsonOption,
  ...optionFlags('AGE_IDENTITY', 'MANIFEST'),
} as const

type Args = Arguments<typeof options>

/** z3 restore's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 restore',
  usage: '[options] [DATASET@]SNAPSHOT | --latest [DATASET]',
  description: `Restore a snapshot from the bucket, after its parents.

Before it receives anything, z3 restore checks the whole chain, the required programs, and that no local data would be lost. After an interruption, the next run continues after the last snapshot that was received completely.`,
  options,
  common: ['filesystem', 'latest', 'into', 'dry-run', 'force'],
  operands: { least: 0, most: 1 },
  takesCommand: false,
  conflicts: [['progress', 'quiet']],
  examples: [
    ['$0 --dataset tank/data daily-3', 'restore in place'],
    ['$0 tank/data@daily-3 --into tank/new', 'restore a copy'],
    ['$0 --latest tank/data --dry-run', 'show the commands'],
  ],
  exitStatus: `0 restored, or nothing to do; 1 failed; 2 usage or configuration; 3 broken chain, or local data would be lost; 4 no such snapshot or dataset; 5 another run is using the dataset; 128+n ended by signal n.`,
  version,
}

/** Run `z3 restore`. */
export async function action(args: Args, io: Io): Promise<number> {
  const wanted = wantedSnapshot(args)
  const received = [args['recv-option'] ?? []].flat()
  checkReceiveOptions(received)
  const context = await openContext(args, io, wanted.dataset)
  try {
    const into = args.into ?? context.dataset
    const work = (signal: AbortSignal) =>
      restore({
        args,
        io,
        context,
        into,
        snapshot: wanted.snapshot,
        received,
        host: localHost({ env: context.env, signal }),
        signal,
      })
    if (args['dry-run']) return await work(io.signal)
    const { destination, say } = context
    return await withLock({ dataset: into, destination }, io.signal, say, work)
  } finally {
    context.store.close()
  }
}

interface Restore {
  readonly args: Args
  readonly io: Io
  readonly context: Context
  /** The dataset to receive into. */
  readonly into: string
  /** Undefined: the newest restorable one. */
  readonly snapshot: string | undefined
  /** Options for zfs receive. */
  readonly received: readonly string[]
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

async function restore(run: Restore): Promise<number> {
  const ready = await makeReady(run)
  return run.args['dry-run'] ? dryRun(run, ready) : receive(run, ready)
}

async function makeReady(run: Restore): Promise<Ready> {
  const { args, context, into, host, signal } = run
  const { dataset, env, place, say, tell } = context
  const zfs = host.run
  const stored = (await loadStored(place, env, signal, tell)).snapshots
  const upTo = run.snapshot ?? newestRestorable(stored, context)
  const planFor = (destination: Destination, force: boolean): RestorePlan =>
    planRestore({
      stored,
      upTo,
      dataset,
      into: destination.name,
      local: destination.snapshots,
      modified: destination.modified,
      onLoss: force ? 'replace' : 'refuse',
    })
  const there = await readDestination(zfs, into)
  // the dataset contains only the partial data of a receive, which must not be discarded without
  // asking
  if (there.snapshots?.length === 0) checkNothingSaved(there)
  const plan = planFor(there, args.force === true)
  for (const note of plan.notes) say(note)
  if (plan.replaces) await checkReplaceable(zfs, into)
  const kept = plan.replaces ? keptName(into, new Date()) : undefined
  checkRestoreNames({
    into,
    local: there.snapshots,
    steps: plan.steps,
    kept,
  })
  // the existing dataset stays until the new one is complete
  const receiving = plan.replaces ? await readDestination(zfs, besideName(into)) : there
  const planned = plan.replaces
    ? planBeside(receiving, upTo, (beside) => planFor(beside, false))
    : { ...plan, notes: [] }
  for (const note of planned.notes) say(note)
  await checkDestination(zfs, receiving, planned.steps)
  const steps = await prepareRestore({
    context,
    plan: planned,
    destination: receiving,
    received: run.received,
    dryRun: args['dry-run'] === true,
    signal,
  })
  // an existing dataset may come from an interrupted restore, and `zfs receive -F` of a full stream
  // unmounts it
  const mount =
    !args.unmounted &&
    (steps.length > 0 || plan.replaces) &&
    (receiving.snapshots === undefined || receiving.unmounted || there.snapshots?.length === 0)
  return { steps, there, kept, mount }
}

async function dryRun(run: Restore, { steps, kept, mount }: Ready): Promise<number> {
  const { io, into } = run
  const show = (line: string): void => {
    io.stdout.write(`${line}\n`)
  }
  await receiveAll(steps, { ...run, configFile: run.args.config, transfers: undefined }, (step) => {
    show(renderPipeline(step))
  })
  if (kept !== undefined) swapCommands(into, kept).map(renderCommand).forEach(show)
  if (mount) show(renderCommand(mountCommand(into)))
  return EXIT.ok
}

async function receive(run: Restore, { steps, there, kept, mount }: Ready): Promise<number> {
  const { args, io, context, into, signal } = run
  const { env, say } = context
  const names: string[] = []
  const steady = runZfs({ env })
  const print = (name: string): void => {
    if (!args.json && !args.quiet) io.stdout.write(`restored ${name}\n`)
  }
  const sizes = steps.map(({ object }) => object.bytes)
  const transfers = openTransfers(args, io, context, sizes)
  try {
    await receiveAll(steps, { ...run, configFile: args.config, transfers }, undefined, (name) => {
      names.push(name)
      if (kept === undefined) print(name)
    })
    if (kept !== undefined) {
      await swapIn(steady, into, kept, say, signal)
      // snapshots that were received beside the dataset belong to it now
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
  if (args.json) {
    io.stdout.write(`${JSON.stringify({ status: 'success', dataset: into, snapshots: names })}\n`)
  }
  return EXIT.ok
}
