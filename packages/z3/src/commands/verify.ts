import {
  identityOf,
  mergeRecords,
  openContext,
  openTransfers,
  verifiedAt,
  writeRecords,
  type VerifyRecord,
} from '@z3/backup'
import {
  addToReport,
  durationFlag,
  limitOptions,
  optionFlags,
  printable,
  usageError,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
  jsonOption,
} from '@z3/cli'
import { EXIT, planVerify, VERIFY_LEVELS, type StoredSnapshot, type VerifyLevel } from '@z3/core'
import { globals, transfer } from '../command-line.js'
import { checkLinks } from '../verify/check-links.js'
import { drillTargets } from '../verify/drill-targets.js'
import { loadDataset, type LoadedDataset } from '../verify/dataset.js'
import {
  doubts,
  hasDoubt,
  reportOn,
  verifyJson,
  verifyTable,
  verifyTotals,
  type DatasetReport,
} from '../verify/report.js'
import { findTargets, parseShare, type VerifyTarget } from '../verify/targets.js'
import { verifyAll } from '../verify/verify-all.js'
import { verifyObject, type Finding } from '../verify/verify-object.js'

const options = {
  ...globals,
  ...limitOptions,
  progress: transfer.progress,
  quiet: transfer.quiet,
  level: {
    type: 'string',
    choices: VERIFY_LEVELS,
    default: 'stream',
    requiresArg: true,
    group: 'Verification',
    describe: 'Depth: head (objects exist), data (bytes unchanged), stream (stream complete)',
  },
  all: {
    type: 'boolean',
    group: 'Verification',
    describe: 'Verify all datasets that have backups under S3_PREFIX',
  },
  sample: {
    type: 'string',
    requiresArg: true,
    value: 'N%',
    group: 'Verification',
    describe: 'Verify N % of the objects, least recently verified first',
  },
  'max-time': {
    type: 'string',
    requiresArg: true,
    value: 'TIME',
    group: 'Verification',
    describe: 'Start no further object after TIME: 2h, 30m',
  },
  parallel: {
    type: 'string',
    requiresArg: true,
    value: 'N',
    default: '1',
    group: 'Verification',
    describe: 'Number of objects to verify in parallel',
  },
  drill: {
    type: 'string',
    requiresArg: true,
    value: 'DATASET',
    group: 'Verification',
    describe: 'Restore the newest snapshot into DATASET, which must not exist, and destroy it',
  },
  ...jsonOption,
  ...optionFlags('AGE_IDENTITY', 'MANIFEST'),
} as const

type Args = Arguments<typeof options>

/** z3 verify's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 verify',
  usage: '[options] [DATASET[@SNAPSHOT]...] | --all',
  description: `Check that backups in the bucket can be restored, without ZFS: download each object, decrypt and decompress it, and check the stream to its last record.

Changes nothing in the bucket. Names every object that is damaged, the snapshots that can no longer be restored, and those that still can.`,
  options,
  common: ['level', 'all', 'sample', 'max-time', 'json'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  conflicts: [
    ['all', 'filesystem'],
    ['progress', 'quiet'],
    ['drill', 'sample'],
  ],
  examples: [
    ['$0 tank/data', 'all backups of a dataset'],
    ['$0 --level data tank/data@monday', 'one chain, without keys'],
    ['$0 --all --sample 5% --max-time 2h', 'every night'],
    ['$0 --drill tank/drill tank/data', 'restore the newest'],
  ],
  exitStatus: `0 all verified; 1 failed; 2 usage or configuration; 3 an object is damaged, or could not be verified; 4 no such dataset or snapshot in the bucket; 128+n ended by signal n.`,
  version,
}

/** Run `z3 verify`. */
export async function action(args: Args, io: Io): Promise<number> {
  const run = readOptions(args, Date.now())
  if (args.drill !== undefined) {
    return drillTargets(args.drill, {
      args,
      io,
      deadline: run.deadline,
      find: () => findTargets(args, io),
      open: (target) => openContext(argsFor(target, args), io, target.dataset),
    })
  }
  const targets = await findTargets(args, io)
  const datasets: LoadedDataset[] = []
  for (const target of targets) {
    const context = await openContext(argsFor(target, args), io, target.dataset)
    try {
      datasets.push(await loadDataset(context, target, io.signal))
    } finally {
      context.store.close()
    }
  }
  const findings = new Map<StoredSnapshot, Finding>()
  const tell = (line: string): void => {
    if (args.verbose) io.stderr.write(`z3: ${printable(line)}\n`)
  }
  try {
    await verifyObjects(datasets, run, io, findings)
  } catch (error) {
    // what was verified until then is remembered
    addToReport(error, { datasets: verifyJson(await conclude(datasets, findings, tell)) })
    throw error
  }
  return report(await conclude(datasets, findings, tell), args, io)
}

/** A prefix that a target has counts like the flag. */
function argsFor({ prefix }: Pick<VerifyTarget, 'prefix'>, args: Args): Args {
  return prefix === undefined ? args : { ...args, 's3-prefix': prefix }
}

/** HEAD requests in parallel, at least. */
const HEADS = 16

interface VerifyRun {
  readonly args: Args
  readonly level: VerifyLevel
  readonly share: number
  readonly parallel: number
  /** Milliseconds since the epoch. */
  readonly deadline: number | undefined
}

/** @throws Z3Error `usage` */
function readOptions(args: Args, now: number): VerifyRun {
  const { sample, 'max-time': time, parallel } = args
  if (args.all && args.operands.length > 0) {
    throw usageError(spec, '--all and a dataset exclude each other')
  }
  if (!/^[1-9]\d{0,2}$/.test(parallel)) {
    throw usageError(spec, `--parallel: '${parallel}' is not a number from 1 to 999`)
  }
  if (args.drill !== undefined && (parallel !== '1' || args.level !== 'stream')) {
    throw usageError(spec, '--drill restores: it takes neither --level nor --parallel')
  }
  return {
    args,
    level: VERIFY_LEVELS.find((level) => level === args.level) ?? 'stream',
    share: sample === undefined ? 1 : parseShare(sample),
    parallel: Number(parallel),
    deadline: time === undefined ? undefined : now + durationFlag('--max-time', time) * 1000,
  }
}

async function verifyObjects(
  datasets: readonly LoadedDataset[],
  run: VerifyRun,
  io: Io,
  findings: Map<StoredSnapshot, Finding>,
): Promise<void> {
  const { level, share, parallel, deadline } = run
  const all = datasets.flatMap((loaded) => loaded.wanted.map((object) => ({ loaded, object })))
  const order = planVerify(
    all,
    ({ loaded, object }) => verifiedAt(object, loaded.records, level),
    share,
  )
  await verifyAll(
    order,
    ({ loaded, object }) => verifyOne(loaded, object, run, io),
    { parallel: level === 'head' ? Math.max(parallel, HEADS) : parallel, deadline, now: Date.now },
    ({ object }, finding) => findings.set(object, finding),
  )
}

async function verifyOne(
  { target }: LoadedDataset,
  object: StoredSnapshot,
  { args, level, parallel }: VerifyRun,
  io: Io,
): Promise<Finding> {
  const { signal } = io
  signal.throwIfAborted()
  // a store for each object, since those of a thousand datasets would be too many
  const context = await openContext({ ...argsFor(target, args), quiet: true }, io, target.dataset)
  const { store, config, env } = context
  try {
    const shown = parallel > 1 ? { ...args, progress: false, quiet: true } : args
    const transfers = openTransfers(shown, io, context, [object.bytes])
    const note = (line: string): void => {
      if (!args.quiet) io.stderr.write(`z3: ${printable(line)}\n`)
    }
    const tools = { store, config, configFile: args.config, env, transfers, note, signal }
    return await verifyObject(object, level, tools)
  } finally {
    store.close()
  }
}

/** Link the streams, remember what is sound, and put it all together. */
async function conclude(
  datasets: readonly LoadedDataset[],
  found: ReadonlyMap<StoredSnapshot, Finding>,
  tell: (line: string) => void,
): Promise<readonly DatasetReport[]> {
  const at = Math.floor(Date.now() / 1000)
  const reports: DatasetReport[] = []
  for (const loaded of datasets) {
    const findings = checkLinks(loaded, found)
    const fresh = new Map<string, VerifyRecord>()
    for (const [object, { result, level }] of findings) {
      if (result !== 'ok' || level === 'head') continue
      fresh.set(object.key, { identity: identityOf(object), level, at })
    }
    const records = mergeRecords(loaded.records, fresh)
    if (fresh.size > 0) {
      await writeRecords(loaded.file, records).catch((error: unknown) => {
        tell(`what was verified is not remembered: ${String(error)}`)
      })
    }
    reports.push(reportOn({ ...loaded, findings, records }))
  }
  return reports
}

function report(reports: readonly DatasetReport[], args: Args, io: Io): number {
  const doubt = reports.some(hasDoubt)
  if (args.json) {
    const status = doubt ? 'doubt' : 'success'
    io.stdout.write(`${JSON.stringify({ status, datasets: verifyJson(reports) })}\n`)
  } else if (!args.quiet) {
    io.stdout.write(`${verifyTable(reports)}\n`)
    io.stderr.write(`z3: ${verifyTotals(reports)}\n`)
  }
  for (const line of reports.flatMap(doubts)) io.stderr.write(`z3: ${printable(line)}\n`)
  return doubt ? EXIT.integrity : EXIT.ok
}
