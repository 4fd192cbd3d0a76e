import {
  addToReport,
  optionFlags,
  sendOptions,
  version,
  withLock,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import { EXIT, z3Size } from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { pastedBackup } from '../backup-pipeline.js'
import { globals, transfer } from '../command-line.js'
import { openContext, type Context } from '../context.js'
import { outgoingFilters, type Filters } from '../filters.js'
import { prepareBackup } from '../prepare-backup.js'
import { openTransfers } from '../transfers.js'

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
  const pipelines = await prepareBackup(args, context, filters, io.signal)
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
  const pipelines = await prepareBackup(args, context, filters, signal)
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
