import { listDatasets, LOOKS_AT_ONCE, noBackups, notStored, type StoredPlace } from '@z3/backup'
import {
  checkUpload,
  jsonOption,
  limitOptions,
  monitorOptions,
  optionFlags,
  prepare,
  printable,
  uploadOptions,
  usageError,
  verboseOption,
  version,
  withLock,
  type Arguments,
  type CommandSpec,
  type Io,
  type Prepared,
} from '@z3/cli'
import type { LoadedConfig } from '@z3/config'
import { checkDatasetName, parseBucketUrl, type CopyStep } from '@z3/core'
import { openStore, type ObjectStore } from '@z3/s3'
import { errorFacts } from '@z3/replicate'
import { copyDataset, planSteps } from '../copy/copy-dataset.js'
import type { CopyJob, CopyResult } from '../copy/copy-job.js'
import { copyJson, copyLine, copyProblem, copyTotals } from '../copy/report.js'
import { runMany, shareOf, summaryLine, worstStatus, type DatasetResult } from '../many/run-many.js'
import { thawAll } from '../thaw/thaw-all.js'
import { checkThaws, readThaw, thawOptions, type Thaw } from '../thaw/thaw-options.js'

const options = {
  // but for BUCKET, which FROM and TO are
  ...optionFlags('S3_ENDPOINT', 'S3_REGION', 'S3_ADDRESSING', 'S3_CA_FILE', 'S3_SSE_C_KEY_FILE'),
  ...optionFlags('CONNECT_TIMEOUT', 'ANSWER_TIMEOUT'),
  ...verboseOption,
  'to-config': {
    type: 'string',
    requiresArg: true,
    value: 'FILE',
    group: 'Store',
    describe: 'Configuration of TO: server, keys, storage class (default: as FROM)',
  },
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    group: 'Output',
    describe: 'List what would be copied; copy nothing',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print only errors',
  },
  ...jsonOption,
  ...thawOptions,
  ...limitOptions,
  ...optionFlags('S3_PREFIX', 'PARALLEL', 'MANIFEST'),
  ...uploadOptions,
  ...monitorOptions,
} as const

type Args = Arguments<typeof options>

/** z3 copy's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 copy',
  usage: '[options] FROM TO [DATASET...]',
  description: `Copy the backups of all or some datasets to another bucket or directory.

FROM and TO are s3://BUCKET[/PREFIX] or file:///PATH; without PREFIX, S3_PREFIX applies. Copies objects with their metadata and manifests, parents before children, and compares the data with the stored checksums. The server copies if it holds both buckets; otherwise the data passes through this host. Objects that TO already has are skipped, and never replaced: a run that was interrupted continues. Archived objects (S3 Glacier) are named before anything is copied, and left out unless they are thawed.

The configuration describes the server of both; with --to-config, FILE alone describes that of TO.`,
  options,
  common: ['to-config', 'dry-run', 'parallel', 'json', 'quiet'],
  operands: { least: 2, most: Infinity },
  takesCommand: false,
  monitored: (args) => (args['dry-run'] === true ? undefined : 'z3 copy'),
  conflicts: [],
  examples: [
    ['$0 s3://backups file:///mnt/disk', 'to a disk'],
    ['$0 s3://backups s3://offsite --to-config /etc/z3/offsite.conf', 'to another server'],
  ],
  exitStatus: `0 copied, or nothing to do; 1 failed, or objects are archived or thawing; 2 usage or configuration; 3 an object is not healthy, was replaced or deleted meanwhile, or TO has another one of that name; 4 no such dataset; 5 another run is using the dataset; 128+n ended by signal n.`,
  version,
}

/** One of the two ends. */
interface End {
  readonly prepared: Prepared
  readonly store: ObjectStore
  /** S3_PREFIX. */
  readonly prefix: string
}

/** Run `z3 copy`. */
export async function action(args: Args, io: Io): Promise<number> {
  const [fromUrl = '', toUrl = '', ...wanted] = args.operands
  const snapshot = wanted.find((operand) => operand.includes('@'))
  if (snapshot !== undefined) throw usageError(spec, `'${snapshot}' is not a dataset`)
  wanted.forEach(checkDatasetName)
  const thaw = readThaw(args, spec.name)
  const ends: End[] = []
  try {
    const from = await openEnd('FROM', fromUrl, args, io)
    ends.push(from)
    const toIo = args['to-config'] === undefined ? io : { ...io, env: {} }
    const to = await openEnd('TO', toUrl, toArguments(args), toIo)
    ends.push(to)
    // the copies would be found below FROM, and copied again
    const isNested = from.prefix.startsWith(to.prefix) || to.prefix.startsWith(from.prefix)
    if (from.store.title === to.store.title && isNested) {
      throw usageError(spec, 'FROM and TO overlap')
    }
    checkThaws(from.store, thaw)
    return await copyAll({ from, to, thaw }, wanted, args, io)
  } finally {
    for (const { store } of ends) store.close()
  }
}

/** The arguments that apply to TO: with a configuration of its own, no other store option. */
function toArguments(args: Args): Args {
  const { 'to-config': config, quiet } = args
  if (config === undefined) return args
  return { operands: args.operands, config, ...(quiet === undefined ? {} : { quiet }) } as Args
}

async function openEnd(what: 'FROM' | 'TO', url: string, args: Args, io: Io): Promise<End> {
  const { bucket, prefix } = parseBucketUrl(url, what)
  const place = { bucket, ...(prefix === undefined ? {} : { 's3-prefix': prefix }) }
  const prepared = await prepare('z3', { ...args, ...place }, io)
  if (what === 'TO') checkUpload(prepared.store)
  const { bucket: location, ...options } = prepared.store
  const store = await openStore(location, { ...options, connections: LOOKS_AT_ONCE })
  return { prepared, store, prefix: prepared.config.settings.S3_PREFIX }
}

async function copyAll(
  { from, to, thaw }: Pick<One, 'from' | 'to' | 'thaw'>,
  wanted: readonly string[],
  args: Args,
  io: Io,
): Promise<number> {
  const found = await listDatasets(from.store, from.prefix, io.signal)
  if (found.length === 0) throw noBackups(from.store, from.prefix)
  for (const dataset of wanted) {
    if (!found.includes(dataset)) throw notStored(dataset, from.store, from.prefix)
  }
  const { config } = from.prepared
  const datasets = (wanted.length > 0 ? [...new Set(wanted)] : found).toSorted()
  const parallel = Math.min(config.settings.PARALLEL, datasets.length)
  const share = shareOf(config, parallel)
  const isSameServer = hasSameServer(from, to)
  const oneOf = (dataset: string): One => ({ from, to, dataset, share, isSameServer, thaw })
  if (thaw && !args['dry-run']) {
    const planned = datasets.map((dataset) => {
      const job = jobOf(oneOf(dataset), args, io, () => undefined)
      const quiet = { ...job, say: () => undefined, tell: () => undefined }
      const context = { store: from.store, place: job.from, config: share, say: job.say }
      const isCopied = ({ action }: CopyStep): boolean => action === 'copy'
      return { context, plan: async () => (await planSteps(quiet)).filter(isCopied) }
    })
    await thawAll(planned, thaw, io.signal)
  }
  io.facts?.count('storedBytes', 0)
  const results = await runMany(
    datasets.map((dataset) => ({ dataset })),
    { io, parallel, debug: args.debug === true },
    ({ dataset }, onDone: (result: CopyResult) => void) =>
      copyOne(oneOf(dataset), args, io, onDone),
  )
  report(results, args, io)
  return worstStatus(results)
}

interface One {
  readonly from: End
  readonly to: End
  readonly dataset: string
  readonly share: LoadedConfig
  readonly isSameServer: boolean
  readonly thaw: Thaw | undefined
}

function jobOf(
  { from, to, dataset, share, isSameServer, thaw }: One,
  args: Args,
  io: Io,
  onDone: (result: CopyResult) => void,
): CopyJob {
  const place = ({ store, prefix }: End): StoredPlace => ({ store, prefix, dataset })
  const { settings } = share
  return {
    from: place(from),
    to: place(to),
    isSameServer,
    concurrency: settings.CONCURRENCY,
    memory: settings.MAX_MEMORY,
    usesManifests: settings.MANIFEST === 'yes',
    dryRun: args['dry-run'] === true,
    config: share,
    thaw,
    env: io.env,
    signal: io.signal,
    say: (line) => {
      from.prepared.say(`z3: ${line}`)
    },
    tell: (line) => {
      if (args.verbose) io.stderr.write(`z3: ${printable(line)}\n`)
    },
    onDone,
  }
}

async function copyOne(
  one: One,
  args: Args,
  io: Io,
  onDone: (result: CopyResult) => void,
): Promise<void> {
  const { from, to, dataset } = one
  const done: CopyResult[] = []
  const job = jobOf(one, args, io, (result) => {
    show(result, args, io)
    if (result.action === 'copied') io.facts?.count('storedBytes', result.object.bytes)
    done.push(result)
    onDone(result)
  })
  const { say } = from.prepared
  const destination = `${to.store.title}\n${to.prefix}`
  const work = (signal: AbortSignal) => copyDataset({ ...job, signal })
  const archived = job.dryRun
    ? await work(io.signal)
    : await withLock({ dataset, destination }, io.signal, say, work)
  const problem = copyProblem(done)
  // with what to do about it
  if (archived && problem?.exitStatus === archived.exitStatus) throw archived
  if (problem) throw problem
}

function show(result: CopyResult, args: Args, io: Io): void {
  const { action: done, error } = result
  const line = printable(copyLine(result))
  if (done === 'failed' || done === 'refused') {
    io.stderr.write(`z3: ${line}\n`)
    if (error?.hint !== undefined) io.stderr.write(`hint: ${printable(error.hint)}\n`)
  } else if (!args.quiet && !args.json && (done !== 'present' || args.verbose)) {
    io.stdout.write(`${line}\n`)
  }
}

/** The server copies where one endpoint, one access key and one SSE-C key hold both. */
function hasSameServer(from: End, to: End): boolean {
  const [one, other] = [from, to].map(({ prepared: { store } }) => {
    const { bucket, endpoint, region, credentials, sseKeyFile } = store
    return JSON.stringify([bucket.kind, endpoint, region, credentials, sseKeyFile])
  })
  return one === other && from.prepared.store.bucket.kind === 's3'
}

function report(results: readonly DatasetResult<CopyResult>[], args: Args, io: Io): void {
  const dryRun = args['dry-run'] === true
  if (args.json) {
    const datasets = results.map(({ dataset, snapshots, error }) => ({
      dataset,
      status: error ? 'error' : 'success',
      ...(error && errorFacts(error)),
      objects: snapshots.map(copyJson),
    }))
    const status = datasets.every((one) => one.status === 'success') ? 'success' : 'error'
    io.stdout.write(`${JSON.stringify({ status, dry_run: dryRun, datasets })}\n`)
  }
  if (!args.quiet) {
    io.stderr.write(
      `z3: ${copyTotals(
        results.flatMap(({ snapshots }) => snapshots),
        dryRun,
      )}\n`,
    )
    if (results.some(({ error }) => error))
      io.stderr.write(`z3: ${summaryLine(results, 'copied')}\n`)
  }
}
