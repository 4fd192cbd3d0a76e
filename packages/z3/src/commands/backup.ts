import {
  backUpDataset,
  openContext,
  openStoreOf,
  openTransfers,
  outgoingFilters,
  withDataset,
  type Context,
  type Stored,
  type Wanted,
} from '@z3/backup'
import {
  addToReport,
  checkUploads,
  jsonOption,
  monitorOptions,
  optionFlags,
  requestedFlags,
  sendOptions,
  usageError,
  uploadOptions,
  version,
  withLock,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import { missingSetting } from '@z3/config'
import { EXIT, z3Size } from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { pastedUpload, PoolEndpoint } from '@z3/replicate'
import { localHost } from '@z3/zfs'
import { chooseDatasets, isOne } from '../backup/choose-datasets.js'
import { globals, transfer } from '../command-line.js'
import { manyJson, runMany, shareOf, summaryLine, worstStatus } from '../many/run-many.js'

const options = {
  ...globals,
  ...transfer,
  recursive: {
    type: 'boolean',
    group: 'Selection',
    describe: 'Back up the descendants of each dataset, too',
  },
  select: {
    type: 'string',
    requiresArg: true,
    value: 'PROPERTY',
    group: 'Selection',
    describe: 'Back up the datasets that PROPERTY selects, as in z3-autobackup',
  },
  snapshot: {
    type: 'string',
    requiresArg: true,
    value: 'NAME',
    group: 'Snapshots',
    describe: 'Upload up to the snapshot @NAME (default: the newest)',
  },
  full: {
    type: 'boolean',
    group: 'Snapshots',
    describe: 'Upload a full backup and start a new chain',
  },
  incremental: {
    type: 'boolean',
    group: 'Snapshots',
    describe: 'Upload the missing snapshots as incremental streams (default)',
  },
  overwrite: {
    type: 'boolean',
    group: 'Snapshots',
    describe: 'With --full: replace an existing object',
  },
  'newest-only': {
    type: 'boolean',
    group: 'Snapshots',
    describe:
      'Start a new chain with the newest snapshot (as the original z3), not with the oldest',
  },
  ...sendOptions,
  parseable: {
    type: 'boolean',
    group: 'Output',
    describe: 'Print NAME, a NUL byte and the size of each snapshot',
  },
  ...jsonOption,
  ...optionFlags(
    'COMPRESSOR',
    'ENCRYPTOR',
    'GPG_RECIPIENT',
    'AGE_RECIPIENTS',
    'AGE_RECIPIENTS_FILE',
    'VERIFY_STREAM',
    'MANIFEST',
    'RESUME_UPLOADS',
    'KEEP_COMMON',
    'RETENTION',
    'FULL_EVERY',
    'PARALLEL',
    'S3_INCREMENT_CLASS',
  ),
  ...uploadOptions,
  ...monitorOptions,
} as const

type Args = Arguments<typeof options>

/** z3 backup's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 backup',
  usage: '[options] [DATASET...]',
  description: `Upload the snapshots of datasets that the bucket does not have.

Uploads every snapshot whose name starts with the snapshot prefix and that is newer than the latest one present both locally and in the bucket, oldest first, as incremental streams. If the bucket has none, uploads the oldest snapshot in full and then every later one. A snapshot is stored completely or not at all.

If one of several datasets fails, the others continue.`,
  options,
  common: ['filesystem', 'dry-run', 'full', 'compressor', 'verbose'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  monitored: (args) => (args['dry-run'] === true ? undefined : 'z3 backup'),
  conflicts: [
    ['full', 'incremental'],
    ['full', 'newest-only'],
    ['parseable', 'json'],
    ['progress', 'quiet'],
  ],
  examples: [
    ['$0 --dataset tank/data', 'upload new snapshots'],
    ['$0 --dataset tank/data --full', 'start a new chain'],
    ['$0 --recursive --parallel 4 tank', 'back up four datasets at a time'],
    ['$0 --dataset tank/data --dry-run', 'show the commands'],
  ],
  exitStatus: `0 stored, or nothing to do; 1 failed; 2 usage or configuration; 3 broken chain or conflict; 4 no such dataset or snapshot; 5 another run is using the dataset; 6 object completed, but not checked; of several datasets the worst, in the order 3, 6, 1, 2, 4, 5; 128+n ended by signal n.`,
  version,
}

/** Run `z3 backup`. */
export async function action(args: Args, io: Io): Promise<number> {
  checkDatasets(args)
  return isOne(args) ? backUpOne(args, io) : backUpAll(args, io)
}

/** @throws Z3Error `usage` */
function checkDatasets({ operands, select, filesystem }: Args): void {
  if (select !== undefined && (operands.length > 0 || filesystem !== undefined)) {
    throw usageError(spec, '--select and a dataset exclude each other')
  }
  if (operands.length > 1) for (const one of operands) withDataset({ filesystem }, one)
}

async function backUpOne(args: Args, io: Io): Promise<number> {
  const context = await openContext(args, io, args.operands[0])
  const done: Stored[] = []
  try {
    checkUploads(context.config, [context.dataset])
    await backUp(args, io, context, (stored) => done.push(stored))
    io.facts?.count('failedDatasets', 0)
  } catch (error) {
    io.facts?.count('failedDatasets', 1)
    if (!args['dry-run']) addToReport(error, { snapshots: done })
    throw error
  } finally {
    context.store.close()
  }
  if (args['dry-run']) return EXIT.ok
  if (done.length === 0 && !args.json) io.stdout.write(nothingToDo(args))
  if (args.json) {
    io.stdout.write(`${JSON.stringify({ status: 'success', snapshots: done })}\n`)
  }
  return EXIT.ok
}

async function backUpAll(args: Args, io: Io): Promise<number> {
  const bucket = await openStoreOf(args, io)
  const { config, store, env, say } = bucket
  const dryRun = args['dry-run'] === true
  try {
    const { FILESYSTEM: usual } = config.settings
    const operands = args.operands.length > 0 || !usual ? args.operands : [usual]
    if (operands.length === 0 && args.select === undefined) {
      throw missingSetting('FILESYSTEM', config)
    }
    const zfs = localHost({ env, signal: io.signal }).run
    const datasets = await chooseDatasets({ ...args, operands }, zfs)
    const parallel = Math.min(config.settings.PARALLEL, datasets.length)
    // all configuration errors are reported before the first backup
    checkUploads(config, datasets)
    const contexts = datasets.map((dataset) => {
      const context = bucket.contextOf(dataset)
      outgoingFilters(context.config)
      return { ...context, config: shareOf(context.config, parallel) }
    })
    const results = await runMany<Context, Stored>(
      contexts,
      { io, parallel: dryRun ? 1 : parallel, debug: args.debug === true },
      (context, onStored) => backUp(args, io, context, onStored),
    )
    if (args.json && !dryRun) io.stdout.write(`${JSON.stringify(manyJson(results))}\n`)
    else if (!dryRun) say(summaryLine(results, 'backed up'))
    return worstStatus(results)
  } finally {
    store.close()
  }
}

/** Back up one dataset, under its lock, and print each stored snapshot. */
async function backUp(
  args: Args,
  io: Io,
  context: Context,
  onStored: (stored: Stored) => void,
): Promise<void> {
  const { config, dataset, destination, env, say } = context
  const dryRun = args['dry-run'] === true
  const filters = outgoingFilters(config)
  const work = async (signal: AbortSignal): Promise<void> => {
    const pool = new PoolEndpoint(localHost({ env, signal }))
    await backUpDataset({
      ...{ context, filters, pool, signal },
      wanted: wantedBy(args, config),
      readVersions: () => pool.readDataset(dataset, { bookmarks: true }),
      estimates: true,
      configFile: args.config,
      openTransfers: (sizes) => (dryRun ? undefined : openTransfers(args, io, context, sizes)),
      onStream: (commands) => {
        if (dryRun) io.stdout.write(`${renderCommand(pastedUpload(commands))}\n`)
      },
      onStored: (stored) => {
        onStored(stored)
        if (!args.json) io.stdout.write(successLine(stored, args))
      },
    })
  }
  if (dryRun) await work(io.signal)
  else await withLock({ dataset, destination }, io.signal, say, work)
}

function wantedBy(args: Args, { settings, sources }: Context['config']): Wanted {
  return {
    prefix: settings.SNAPSHOT_PREFIX,
    upTo: args.snapshot,
    mode: args.full ? 'full' : 'incremental',
    onLoss: args.overwrite ? 'replace' : 'refuse',
    requested: requestedFlags(args),
    first: args['newest-only'] ? 'newest' : 'oldest',
    mayClear: sources.ENCRYPTOR.kind === 'flag' && settings.ENCRYPTOR === 'none',
  }
}

/**
 * z3's line, including the spelling, for scripts. The size is the stored one; z3 printed its
 * estimate before compression.
 */
function successLine({ name, stored }: Stored, args: Args): string {
  if (args.parseable) return `${name}\0${String(stored)}\n`
  return args.quiet ? '' : `Successfuly backed up ${name}: ${z3Size(stored)}.\n`
}

/** The line of z3-ssh-sync. */
function nothingToDo(args: Args): string {
  return args.parseable || args.quiet ? '' : 'Nothing to do here.\n'
}
