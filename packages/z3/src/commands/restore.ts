import {
  addToReport,
  optionFlags,
  repeatable,
  version,
  withLock,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import {
  checkHealth,
  EXIT,
  newestHealthy,
  ownName,
  parseSnapshotName,
  planRestore,
  Z3Error,
  type RestorePlan,
  type RestoreStep,
  type StoredSnapshot,
} from '@z3/core'
import { checkPrograms, renderCommand, renderPipeline } from '@z3/pipeline'
import { checkReceiveOptions, runZfs } from '@z3/zfs'
import { globals, transfer } from '../command-line.js'
import { openContext, type Context } from '../context.js'
import { loadStored } from '../load-stored.js'
import {
  checkDestination,
  checkNothingSaved,
  readDestination,
  type Destination,
} from '../destination.js'
import { mountCommand, mountRestored } from '../mount.js'
import { planBeside } from '../plan-beside.js'
import {
  besideName,
  checkReplaceable,
  keptName,
  swapCommands,
  swapIn,
} from '../swap.js'
import { receiveAll, type PreparedStep } from '../receive-all.js'
import { restorePipeline } from '../restore-pipeline.js'
import { wantedSnapshot } from '../wanted-snapshot.js'

const options = {
  ...globals,
  ...transfer,
  latest: {
    type: 'boolean',
    describe: 'The newest snapshot that can be restored',
  },
  into: {
    type: 'string',
    requiresArg: true,
    describe: 'Receive into this dataset, not the one that was backed up',
  },
  force: {
    type: 'boolean',
    alias: 'F',
    describe: 'Go on where what is in the dataset now will be lost',
  },
  unmounted: {
    type: 'boolean',
    alias: 'u',
    describe: 'Do not mount what was received',
  },
  'recv-option': repeatable({
    type: 'string',
    requiresArg: true,
    describe:
      'Pass a word on to zfs receive, as --recv-option=-xmountpoint; may be given several times',
  } as const),
  json: {
    type: 'boolean',
    describe: 'Print the result as JSON, errors too',
  },
  ...optionFlags('AGE_IDENTITY'),
} as const

type Args = Arguments<typeof options>

/** z3 restore's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 restore',
  usage: '[options] [DATASET@]SNAPSHOT | --latest',
  description: `Receive a snapshot from the store, and before it those that it builds on.

Before the first byte is received, the whole chain is checked, the programs that it takes, and that nothing here would be lost. A restore that broke off goes on behind the last snapshot that was received whole.`,
  options,
  operands: { least: 0, most: 1 },
  takesCommand: false,
  conflicts: [['progress', 'quiet']],
  examples: [
    ['$0 --dataset tank/data daily-3', 'back to what was stored'],
    ['$0 tank/data@daily-3 --into tank/look', 'beside it'],
    ['$0 --dataset tank/data --latest --dry-run', 'see what would run'],
  ],
  exitStatus: `0 restored, or nothing to do; 1 failed; 2 usage or configuration; 3 a broken chain, or something here would be lost; 4 no such snapshot or dataset; 5 another run is at work on it; 128+n ended by signal n.`,
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
  /** Undefined: the newest that can be restored. */
  readonly snapshot: string | undefined
  /** Words for zfs receive. */
  readonly received: readonly string[]
  readonly signal: AbortSignal
}

async function restore(run: Restore): Promise<number> {
  const { args, io, context, into, signal } = run
  const { dataset, env, place, say, tell } = context
  const zfs = runZfs({ env, signal })
  const stored = (await loadStored(place, env, signal, tell)).snapshots
  const target = run.snapshot ?? latest(stored, dataset)
  const planFor = (destination: Destination, force: boolean): RestorePlan =>
    planRestore({
      stored,
      target,
      dataset,
      into: destination.name,
      local: destination.snapshots,
      modified: destination.modified,
      force,
    })
  const there = await readDestination(zfs, into)
  // nothing else is in it, and that is not to be forced away
  if (there.snapshots?.length === 0) checkNothingSaved(there)
  const plan = planFor(there, args.force === true)
  for (const note of plan.notes) say(note)
  if (plan.replaces) await checkReplaceable(zfs, into)
  // what is there stays until all of the new is there
  const receiving = plan.replaces
    ? await readDestination(zfs, besideName(into))
    : there
  const { steps, notes } = plan.replaces
    ? planBeside(receiving, target, (beside) => planFor(beside, false))
    : { steps: plan.steps, notes: [] }
  for (const note of notes) say(note)
  const pipelines = preparePipelines(run, steps)
  await checkDestination(zfs, receiving, steps)
  const kept = plan.replaces ? keptName(into, new Date()) : undefined
  // one that is there may be what a restore that broke off has left
  const mount =
    !args.unmounted &&
    (steps.length > 0 || plan.replaces) &&
    (receiving.snapshots === undefined || receiving.unmounted)
  if (args['dry-run']) {
    const lines = [
      ...pipelines.map(({ commands }) => renderPipeline(commands)),
      ...(kept ? swapCommands(into, kept) : []).map(renderCommand),
      ...(mount ? [renderCommand(mountCommand(into))] : []),
    ]
    io.stdout.write(lines.map((line) => `${line}\n`).join(''))
    return EXIT.ok
  }
  const names: string[] = []
  try {
    await receiveAll(run, zfs, pipelines, names)
    const steady = runZfs({ env })
    if (kept) await swapIn(steady, into, kept, say, signal)
    if (mount) await mountRestored(steady, into, say)
  } catch (error) {
    addToReport(error, { dataset: into, snapshots: names })
    throw error
  }
  if (args.json) {
    // those that were received beside it are in it now
    const snapshots = names.map(
      (name) => `${into}@${parseSnapshotName(name).snapshot}`,
    )
    io.stdout.write(
      `${JSON.stringify({ status: 'success', dataset: into, snapshots })}\n`,
    )
  }
  return EXIT.ok
}

function preparePipelines(
  { args, context, received }: Restore,
  steps: readonly RestoreStep[],
): readonly PreparedStep[] {
  const { config, env } = context
  const prepared = steps.map((step) => ({
    step,
    commands: restorePipeline(step, received, config, args.config),
  }))
  // ours are found otherwise
  const others = prepared.flatMap(({ commands }) => commands.slice(1))
  checkPrograms(others, env)
  return prepared
}

function latest(stored: readonly StoredSnapshot[], dataset: string): string {
  const newest = newestHealthy(stored, checkHealth(stored))
  if (newest) return ownName(newest)
  throw new Z3Error(
    'no-such-snapshot',
    `nothing of ${dataset} that can be restored is in the store`,
    { hint: 'See z3 status, and check S3_PREFIX.' },
  )
}
