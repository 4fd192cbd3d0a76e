import {
  openContext,
  type Context,
  outgoingFilters,
  type Filters,
  prepareBackup,
  openManifests,
  openTransfers,
  storeFlags,
} from '@z3/backup'
import {
  addToReport,
  optionFlags,
  sendOptions,
  version,
  withLock,
  type Arguments,
  type CommandSpec,
  type Io,
  jsonOption,
} from '@z3/cli'
import { EXIT, z3Size } from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import {
  pastedUpload,
  PoolEndpoint,
  run,
  StoreEndpoint,
  uploadedBytes,
  type UploadStep,
} from '@z3/replicate'
import { localHost } from '@z3/zfs'
import { globals, transfer } from '../command-line.js'

const options = {
  ...globals,
  ...transfer,
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
    describe: 'Upload all missing snapshots as increments (default)',
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
    'COMPLETE_TIMEOUT',
    'S3_STORAGE_CLASS',
    'S3_ACL',
  ),
} as const

type Args = Arguments<typeof options>

/** z3 backup's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 backup',
  usage: '[options] [DATASET]',
  description: `Upload the snapshots of a dataset that the bucket does not have.

Uploads every snapshot whose name starts with the snapshot prefix and that is newer than the latest one present both locally and in the bucket, oldest first, as incremental streams. If the bucket has none, uploads the oldest snapshot in full and then every later one. A snapshot is stored completely or not at all.`,
  options,
  common: ['filesystem', 'dry-run', 'full', 'compressor', 'verbose'],
  operands: { least: 0, most: 1 },
  takesCommand: false,
  conflicts: [
    ['full', 'incremental'],
    ['full', 'newest-only'],
    ['parseable', 'json'],
    ['progress', 'quiet'],
  ],
  examples: [
    ['$0 --dataset tank/data', 'upload what is new'],
    ['$0 --dataset tank/data --full', 'start a new chain'],
    ['$0 --dataset tank/data --dry-run', 'show the commands'],
  ],
  exitStatus: `0 stored, or nothing to do; 1 failed; 2 usage or configuration; 3 broken chain or conflict; 4 no such dataset or snapshot; 5 another run is using the dataset; 6 object completed, but not checked; 128+n ended by signal n.`,
  version,
}

/** A snapshot that was stored. */
interface Done {
  readonly name: string
  readonly key: string
  /** Estimated bytes of the stream; undefined where zfs cannot say. */
  readonly size: number | undefined
  /** Bytes of the object: what pput has read and stored. */
  readonly stored: number
}

/** Run `z3 backup`. */
export async function action(args: Args, io: Io): Promise<number> {
  const context = await openContext(args, io, args.operands[0])
  try {
    const filters = outgoingFilters(context.config)
    const work = (signal: AbortSignal) => backup(args, io, context, filters, signal)
    if (args['dry-run']) return await work(io.signal)
    const { dataset, destination, say } = context
    return await withLock({ dataset, destination }, io.signal, say, work)
  } finally {
    context.store.close()
  }
}

async function backup(
  args: Args,
  io: Io,
  context: Context,
  filters: Filters,
  signal: AbortSignal,
): Promise<number> {
  const { config, env, place } = context
  const dryRun = args['dry-run'] === true
  const host = localHost({ env, signal })
  const steps = await prepareBackup(args, context, filters, host.run, signal)
  const sizes = steps.map(({ size }) => size)
  const verifies = config.settings.VERIFY_STREAM === 'yes'
  const manifests =
    dryRun || config.settings.MANIFEST === 'no' || steps.length === 0
      ? undefined
      : await openManifests(context, filters, verifies, host.run, signal)
  const done: Done[] = []
  const print = (line: string) => {
    if (!args.json) io.stdout.write(line)
  }
  try {
    await run(steps, {
      source: {
        ...new PoolEndpoint(host).source({ flags: [], estimates: false }),
        estimate: ({ size }: UploadStep) => Promise.resolve(size),
      },
      target: new StoreEndpoint(host, place.prefix).target({
        verifies,
        summary: manifests?.summary,
        filters: filters.commands,
        compressor: filters.compressor,
        encryptor: filters.encryptor,
        flags: [...storeFlags(config, args.config, 'pput'), ...(manifests ? ['--digest'] : [])],
      }),
      transfers: dryRun ? undefined : openTransfers(args, io, context, sizes),
      signal,
      onStream: (_step, commands) => {
        if (dryRun) io.stdout.write(`${renderCommand(pastedUpload(commands))}\n`)
      },
      onBegin: () => manifests?.begin(),
      onArrived: async (step, output) => {
        if (dryRun) return
        const { name, size } = step
        const key = `${place.prefix}${name}`
        const result = { name, key, size, stored: uploadedBytes(output) }
        done.push(result)
        await manifests?.write(step, output)
        print(successLine(result, args))
      },
    })
  } catch (error) {
    if (!dryRun) addToReport(error, { snapshots: done })
    throw error
  } finally {
    await manifests?.close()
  }
  if (dryRun) return EXIT.ok
  if (done.length === 0) print(nothingToDo(args))
  if (args.json) {
    io.stdout.write(`${JSON.stringify({ status: 'success', snapshots: done })}\n`)
  }
  return EXIT.ok
}

/**
 * z3's lines, the spelling included: scripts look for them. The size is what is
 * stored; z3 wrote its estimate there, before compression.
 */
function successLine({ name, stored }: Done, args: Args): string {
  if (args.parseable) return `${name}\0${String(stored)}\n`
  return args.quiet ? '' : `Successfuly backed up ${name}: ${z3Size(stored)}.\n`
}

/** In the words of z3-ssh-sync, old and new. */
function nothingToDo(args: Args): string {
  return args.parseable || args.quiet ? '' : 'Nothing to do here.\n'
}
