import {
  addToReport,
  optionFlags,
  requestedFlags,
  sendOptions,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import {
  EXIT,
  formatSnapshotName,
  planBackup,
  z3Size,
  type BackupPlan,
} from '@z3/core'
import { checkPrograms, renderCommand } from '@z3/pipeline'
import { estimateSend, listSnapshots, runZfs } from '@z3/zfs'
import {
  backupPipeline,
  pastedBackup,
  type BackupPipeline,
} from '../backup-pipeline.js'
import { globals, transfer } from '../command-line.js'
import { openContext, type Context } from '../context.js'
import { outgoingFilters, type Filters } from '../filters.js'
import { loadStored } from '../load-stored.js'
import { withLock } from '../lock.js'
import { openTransfers } from '../transfers.js'
import { untilAborted } from '../until-aborted.js'

const options = {
  ...globals,
  ...transfer,
  snapshot: {
    type: 'string',
    requiresArg: true,
    describe:
      'Back up to this snapshot, by the part after the @; else the newest',
  },
  full: {
    type: 'boolean',
    describe: 'Store the whole dataset, and begin a new chain',
  },
  incremental: {
    type: 'boolean',
    describe:
      'Store every snapshot that is missing, each by what changed (the default)',
  },
  overwrite: {
    type: 'boolean',
    describe: 'With --full: replace the object if it exists',
  },
  ...sendOptions,
  parseable: {
    type: 'boolean',
    describe: 'Print NAME, a NUL byte and the size for each snapshot',
  },
  json: {
    type: 'boolean',
    describe: 'Print the result as JSON, errors too',
  },
  ...optionFlags(
    'COMPRESSOR',
    'ENCRYPTOR',
    'GPG_RECIPIENT',
    'AGE_RECIPIENTS',
    'AGE_RECIPIENTS_FILE',
    'S3_STORAGE_CLASS',
    'S3_ACL',
  ),
} as const

type Args = Arguments<typeof options>

/** z3 backup's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 backup',
  usage: '[options] [DATASET]',
  description: `Store the snapshots of a dataset that the store does not have.

The newest stored snapshot that is also here is built upon: every later one whose name starts with the snapshot prefix is sent by what changed, the oldest first. Where the store has none, the newest is sent in full. A snapshot is stored whole, or not at all.`,
  options,
  operands: { least: 0, most: 1 },
  takesCommand: false,
  conflicts: [
    ['full', 'incremental'],
    ['parseable', 'json'],
    ['progress', 'quiet'],
  ],
  examples: [
    ['$0 --dataset tank/data', 'what is new since the last run'],
    ['$0 --dataset tank/data --full', 'begin a new chain'],
    ['$0 --dataset tank/data --dry-run', 'see what would run'],
  ],
  exitStatus: `0 stored, or nothing to do; 1 failed; 2 usage or configuration; 3 a broken chain or a conflict; 4 no such dataset or snapshot; 5 another run is at work on it; 128+n ended by signal n.`,
  version,
}

/** A snapshot that was stored. */
interface Done {
  readonly name: string
  readonly key: string
  /** Estimated bytes of the stream; the object's where zfs cannot say. */
  readonly size: number
  /** Bytes of the object. */
  readonly stored: number
}

/** Run `z3 backup`. */
export async function action(args: Args, io: Io): Promise<number> {
  const context = await openContext(args, io, args.operands[0])
  try {
    const filters = outgoingFilters(context.config)
    if (args['dry-run']) {
      return await dryRun(args, io, context, filters)
    }
    const { dataset, destination, say } = context
    return await withLock({ dataset, destination }, io.signal, say, (signal) =>
      backup(args, io, context, filters, signal),
    )
  } finally {
    context.store.close()
  }
}

async function dryRun(
  args: Args,
  io: Io,
  context: Context,
  filters: Filters,
): Promise<number> {
  const pipelines = await preparePipelines(
    args,
    context,
    filters,
    await makePlan(args, context, io.signal),
    io.signal,
  )
  for (const { pipeline } of pipelines) {
    io.stdout.write(`${renderCommand(pastedBackup(pipeline))}\n`)
  }
  return EXIT.ok
}

async function backup(
  args: Args,
  io: Io,
  context: Context,
  filters: Filters,
  signal: AbortSignal,
): Promise<number> {
  const plan = await makePlan(args, context, signal)
  const pipelines = await preparePipelines(args, context, filters, plan, signal)
  const transfers = openTransfers(
    args,
    io,
    context,
    pipelines.map(({ size }) => size),
  )
  const done: Done[] = []
  try {
    for (const { name, size, pipeline } of pipelines) {
      const { producers, upload, key } = pipeline
      const stdout = await transfers.run(
        {
          name,
          stages: [
            ...producers,
            {
              file: upload.file,
              args: ['--commit-fd', '3', '--json', ...upload.args],
            },
          ],
          expected: size,
          commit: true,
        },
        signal,
      )
      const stored = storedBytes(stdout)
      const result = { name, key, size: size ?? stored, stored }
      done.push(result)
      if (!args.json)
        io.stdout.write(successLine(result, args.parseable === true))
    }
  } catch (error) {
    addToReport(error, { snapshots: done })
    throw error
  }
  if (args.json) {
    io.stdout.write(
      `${JSON.stringify({ status: 'success', snapshots: done })}\n`,
    )
  }
  return EXIT.ok
}

async function makePlan(
  args: Args,
  context: Context,
  signal: AbortSignal,
): Promise<BackupPlan> {
  const { config, dataset, env, place, say, tell } = context
  const { SNAPSHOT_PREFIX: prefix } = config.settings
  const zfs = runZfs({ env, signal })
  const [local, stored] = await Promise.all([
    listSnapshots(zfs, dataset),
    loadStored(place, env, signal, tell),
  ])
  const plan = planBackup({
    dataset,
    prefix,
    local: local.filter(({ snapshot }) => snapshot.startsWith(prefix)),
    stored: stored.snapshots,
    target: args.snapshot,
    mode: args.full ? 'full' : 'incremental',
    overwrite: args.overwrite === true,
    requested: requestedFlags(args),
  })
  for (const note of plan.notes) say(note)
  await tellPending(context, signal)
  return plan
}

/** What dead runs have left costs money and cannot be seen: say that it is there. */
async function tellPending(
  { place: { store, prefix, dataset }, say, tell }: Context,
  signal: AbortSignal,
): Promise<void> {
  let pending = 0
  try {
    const uploads = store.listUploads(`${prefix}${dataset}@`)
    for await (const { key } of untilAborted(signal, uploads)) {
      tell(`pending upload: ${key}`)
      pending += 1
    }
  } catch (error) {
    signal.throwIfAborted()
    // a backup does not need the permission to list them
    const why = error instanceof Error ? error.message : String(error)
    tell(`pending uploads cannot be listed: ${why}`)
  }
  if (pending > 0) {
    say(
      `${String(pending)} unfinished ${pending === 1 ? 'upload' : 'uploads'} of ${dataset} ${pending === 1 ? 'is' : 'are'} pending, of runs that died or are at work elsewhere; see z3 cleanup`,
    )
  }
}

interface Prepared {
  readonly name: string
  /** Estimated bytes of the stream. */
  readonly size: number | undefined
  readonly pipeline: BackupPipeline
}

/** All that can be known before the first of them is run. */
async function preparePipelines(
  args: Args,
  { config, env, say }: Context,
  filters: Filters,
  { steps }: BackupPlan,
  signal: AbortSignal,
): Promise<readonly Prepared[]> {
  const zfs = runZfs({ env, signal })
  if (steps.length > 0) checkPrograms(filters.commands, env)
  const prepared: Prepared[] = []
  for (const step of steps) {
    const name = formatSnapshotName(step.snapshot)
    const size = await estimateSend(zfs, {
      snapshot: step.snapshot,
      base: step.base,
      flags: step.sendFlags,
    })
    const pipeline = backupPipeline(step, size, filters, config, args.config)
    prepared.push({ name, size, pipeline })
  }
  if (prepared.some(({ size }) => size === undefined)) {
    say(
      'this zfs cannot estimate streams: their sizes are not stored with them',
    )
  }
  return prepared
}

/** The bytes that pput says it has stored. */
function storedBytes(stdout: string): number {
  const { status, bytes } = JSON.parse(stdout) as Record<string, unknown>
  if (status !== 'success' || typeof bytes !== 'number') {
    throw new Error(`pput's answer is not understood: ${stdout}`)
  }
  return bytes
}

/** z3's lines, the spelling included: scripts look for them. */
function successLine({ name, size }: Done, parseable: boolean): string {
  return parseable
    ? `${name}\0${String(size)}\n`
    : `Successfuly backed up ${name}: ${z3Size(size)}.\n`
}
