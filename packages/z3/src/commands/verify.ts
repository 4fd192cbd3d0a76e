import { openContext, openStoreOf, withDataset } from '@z3/backup'
import {
  asOfOption,
  durationFlag,
  limitOptions,
  monitorOptions,
  optionFlags,
  printable,
  usageError,
  version,
  writeLog,
  type Arguments,
  type CommandSpec,
  type Io,
  jsonOption,
} from '@z3/cli'
import { EXIT, VERIFY_LEVELS } from '@z3/core'
import { globals, transfer } from '../command-line.js'
import { drillTargets } from '../verify/drill/drill-targets.js'
import {
  bytesRead,
  doubts,
  hasDoubt,
  verifyJson,
  verifyTable,
  verifyTotals,
  type DatasetReport,
} from '../verify/report.js'
import { findTargets, parseShare, type VerifyTarget } from '../verify/targets.js'
import { runVerify, type VerifyRun } from '../verify/run-verify.js'

const options = {
  ...globals,
  ...asOfOption,
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
  'older-than': {
    type: 'string',
    requiresArg: true,
    value: 'AGE',
    group: 'Verification',
    describe: 'Skip objects verified within AGE: 7d, 30d',
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
  ...monitorOptions,
} as const

type Args = Arguments<typeof options>

/** z3 verify's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 verify',
  usage: '[options] [DATASET[@SNAPSHOT]...] | --all',
  description: `Check that backups in the bucket can be restored, without ZFS: download each object, decrypt and decompress it, and check the stream to its last record.

Changes no backup. Names every object that is damaged, the snapshots that can no longer be restored, and those that still can.`,
  options,
  common: ['level', 'all', 'sample', 'max-time', 'json'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  monitored: () => 'z3 verify',
  conflicts: [
    ['all', 'filesystem'],
    ['progress', 'quiet'],
    ['drill', 'sample'],
    ['drill', 'older-than'],
  ],
  examples: [
    ['$0 tank/data', 'all backups of a dataset'],
    ['$0 --level data tank/data@monday', 'one chain, without keys'],
    ['$0 --all --sample 5% --max-time 2h', 'every night'],
    ['$0 --all --level head --older-than 7d', 'only what was not verified for a week'],
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
  for (const { dataset } of targets) withDataset(args, dataset)
  // those that --all has found have one prefix
  const { store, contextOf } = await openStoreOf(argsFor(targets[0] ?? {}, args), io)
  try {
    const open = ({ dataset }: VerifyTarget) => contextOf(dataset)
    return report(await runVerify(targets, open, run, io), args, io)
  } finally {
    store.close()
  }
}

/** A prefix that a target has counts like the flag. */
function argsFor({ prefix }: Pick<VerifyTarget, 'prefix'>, args: Args): Args {
  return prefix === undefined ? args : { ...args, 's3-prefix': prefix }
}

/** @throws Z3Error `usage` */
function readOptions(args: Args, now: number): VerifyRun {
  const { sample, 'older-than': age, 'max-time': time, parallel } = args
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
    before: age === undefined ? undefined : now / 1000 - durationFlag('--older-than', age),
    parallel: Number(parallel),
    deadline: time === undefined ? undefined : now + durationFlag('--max-time', time) * 1000,
  }
}

function report(reports: readonly DatasetReport[], args: Args, io: Io): number {
  const doubt = reports.some(hasDoubt)
  io.facts?.count('failedDatasets', reports.filter(hasDoubt).length)
  io.facts?.count('readBytes', bytesRead(reports))
  if (args.json) {
    const status = doubt ? 'doubt' : 'success'
    io.stdout.write(`${JSON.stringify({ status, datasets: verifyJson(reports) })}\n`)
  } else if (!args.quiet) {
    io.stdout.write(`${verifyTable(reports)}\n`)
    io.stderr.write(`z3: ${verifyTotals(reports)}\n`)
  }
  for (const { dataset, ...report } of reports) {
    for (const line of doubts({ dataset, ...report })) {
      writeLog(io.stderr, 'z3', { level: 'error', message: printable(line), dataset })
    }
  }
  return doubt ? EXIT.integrity : EXIT.ok
}
