import { openContext } from '@z3/backup'
import {
  asOfOption,
  jsonOption,
  optionFlags,
  repeatable,
  usageError,
  version,
  withLock,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import { EXIT } from '@z3/core'
import { checkReceiveOptions, localHost } from '@z3/zfs'
import { globals, transfer } from '../command-line.js'
import { restoreAll } from '../restore/restore-all.js'
import { restoreDataset } from '../restore/restore-dataset.js'
import { checkThaws, readThaw, thawOptions } from '../thaw/thaw-options.js'
import { wantedSnapshot } from '../restore/wanted-snapshot.js'

const options = {
  ...globals,
  ...asOfOption,
  ...transfer,
  latest: {
    type: 'boolean',
    group: 'Restore',
    describe: 'Restore the newest snapshot that can be restored',
  },
  all: {
    type: 'boolean',
    group: 'Restore',
    describe: 'Restore the newest snapshot of every dataset under S3_PREFIX, or of those named',
  },
  into: {
    type: 'string',
    requiresArg: true,
    value: 'DATASET',
    group: 'Restore',
    describe: 'Receive into DATASET (default: the original dataset); with --all below it',
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
  ...thawOptions,
  ...jsonOption,
  ...optionFlags('AGE_IDENTITY', 'MANIFEST', 'PARALLEL'),
} as const

type Args = Arguments<typeof options>

/** z3 restore's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 restore',
  usage: '[options] [DATASET@]SNAPSHOT | --latest [DATASET] | --all [DATASET...]',
  description: `Restore a snapshot from the bucket, after its parents.

Before it receives anything, z3 restore checks the whole chain, the required programs, that no object is archived, and that no local data would be lost. After an interruption, the next run continues after the last snapshot that was received completely.`,
  options,
  common: ['filesystem', 'latest', 'into', 'dry-run', 'force'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  conflicts: [
    ['progress', 'quiet'],
    ['all', 'latest'],
    ['all', 'filesystem'],
  ],
  examples: [
    ['$0 --dataset tank/data daily-3', 'restore in place'],
    ['$0 tank/data@daily-3 --into tank/new', 'restore a copy'],
    ['$0 --latest tank/data --dry-run', 'show the commands'],
    ['$0 --all --into newpool', 'restore everything'],
    ['$0 --latest tank/data --thaw bulk --wait', 'from S3 Glacier'],
  ],
  exitStatus: `0 restored, or nothing to do; 1 failed, or objects are archived or thawing; 2 usage or configuration; 3 broken chain, or local data would be lost; 4 no such snapshot or dataset; 5 another run is using the dataset; with --all the worst, in the order 3, 6, 1, 2, 4, 5; 128+n ended by signal n.`,
  version,
}

/** Run `z3 restore`. */
export async function action(args: Args, io: Io): Promise<number> {
  const received = [args['recv-option'] ?? []].flat()
  checkReceiveOptions(received)
  const thaw = readThaw(args, spec.name)
  if (args.all) return restoreAll(args, received, io, thaw)
  if (args.operands.length > 1) {
    throw usageError(spec, 'more than one operand: use --all to restore several datasets')
  }
  const wanted = wantedSnapshot(args)
  const context = await openContext(args, io, wanted.dataset)
  try {
    checkThaws(context.store, thaw)
    const into = args.into ?? context.dataset
    const work = (signal: AbortSignal) =>
      restoreDataset({
        args,
        io,
        context,
        into,
        snapshot: wanted.snapshot,
        received,
        thaw,
        host: localHost({ env: context.env, signal }),
        signal,
      })
    const dryRun = args['dry-run'] === true
    const { destination, say } = context
    const snapshots = dryRun
      ? await work(io.signal)
      : await withLock({ dataset: into, destination }, io.signal, say, work)
    if (args.json && !dryRun) {
      io.stdout.write(`${JSON.stringify({ status: 'success', dataset: into, snapshots })}\n`)
    }
    return EXIT.ok
  } finally {
    context.store.close()
  }
}
