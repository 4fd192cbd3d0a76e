import {
  monitorOptions,
  optionFlags,
  prepare,
  printable,
  usageError,
  version,
  withLock,
  writeLog,
  type Arguments,
  type CommandSpec,
  type Io,
  jsonOption,
} from '@z3/cli'
import { missingSetting } from '@z3/config'
import {
  DEFAULT_MAX_PERCENT,
  EXIT,
  OF_WHOLE_STORE,
  parseSchedule,
  Z3Error,
  type ErrorCode,
  type PruneEntry,
} from '@z3/core'
import { globals } from '../command-line.js'
import { openContext, prune, type Outcome, type Pruned } from '@z3/backup'
import {
  errorJson,
  outcomeLine,
  pruneJson,
  pruneStatus,
  pruneTable,
  pruneTotals,
} from '../prune/report.js'
import { PruneStatus } from '../prune/prune-status.js'
import { findTargets, type VerifyTarget } from '../verify/targets.js'

const options = {
  ...globals,
  ...optionFlags('RETENTION'),
  all: {
    type: 'boolean',
    group: 'Retention',
    describe: 'Prune all datasets that have backups under S3_PREFIX',
  },
  'respect-minimum': {
    type: 'boolean',
    group: 'Retention',
    describe: 'Keep objects until the minimum days of their storage class are over',
  },
  'max-percent': {
    type: 'string',
    requiresArg: true,
    value: 'N',
    default: String(DEFAULT_MAX_PERCENT),
    group: 'Retention',
    describe: 'Refuse to delete more than 10 objects and N % of a dataset at once',
  },
  force: {
    type: 'boolean',
    group: 'Retention',
    describe: 'Delete in spite of --max-percent and of clocks that differ',
  },
  'delete-versions': {
    type: 'boolean',
    group: 'Retention',
    describe: 'Versioned buckets: delete versions for good, without a delete marker',
  },
  unlocked: {
    type: 'boolean',
    group: 'Retention',
    describe: 'Take no lease: no other host backs up or prunes meanwhile',
  },
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    group: 'Output',
    describe: 'Show what is kept and deleted, and why; delete nothing',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print nothing but errors',
  },
  ...jsonOption,
  ...monitorOptions,
} as const

type Args = Arguments<typeof options>

/** z3 prune's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 prune',
  usage: '[options] [DATASET...] | --all',
  description: `Delete the backups of a dataset that the retention schedule does not keep.

Keeps the newest healthy backup, every object that a kept one builds on, objects whose metadata or chain are not sound, and snapshots with another prefix. Deletes children before parents: a run that is interrupted leaves every chain whole.`,
  options,
  common: ['filesystem', 'retention', 'dry-run', 'json', 'force'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  monitored: (args) => (args['dry-run'] === true ? undefined : 'z3 prune'),
  conflicts: [['all', 'filesystem']],
  examples: [
    ['$0 --retention 10,1d1w,1w1m,1m1y --dry-run tank/data', 'show what is deleted'],
    ['$0 --all', 'by RETENTION of the configuration'],
  ],
  exitStatus: `0 pruned, or nothing to do; 1 failed or refused; 2 usage or configuration; 3 an object cannot be read or was replaced; 4 no such dataset in the bucket; 5 another run is using the dataset; 128+n ended by signal n.`,
  version,
}

/** Errors that would also affect every other dataset. */
const OF_ALL: readonly ErrorCode[] = [...OF_WHOLE_STORE, 'usage', 'config']

/** Run `z3 prune`. */
export async function action(args: Args, io: Io): Promise<number> {
  const maxPercent = readPercent(args['max-percent'])
  if (args.all && args.operands.length > 0) {
    throw usageError(spec, '--all and a dataset exclude each other')
  }
  const snapshot = args.operands.find((operand) => operand.includes('@'))
  if (snapshot !== undefined) throw usageError(spec, `'${snapshot}' is not a dataset`)
  const targets = await withSchedule(await findTargets(args, io), args, io)
  const dryRun = args['dry-run'] === true
  const reports: object[] = []
  let status: number = EXIT.ok
  for (const [index, target] of targets.entries()) {
    io.signal.throwIfAborted()
    try {
      const place = `${target.dataset} (${String(index + 1)}/${String(targets.length)})`
      const shown = new PruneStatus(io.status, place)
      const pruned = await pruneTarget(target, args, maxPercent, io, shown)
      status ||= pruneStatus(pruned)
      io.facts?.count('failedDatasets', pruneStatus(pruned) === EXIT.ok ? 0 : 1)
      show(pruned, args, io)
      reports.push(pruneJson(pruned, dryRun))
    } catch (error) {
      io.facts?.count('failedDatasets', 1)
      const isOwn = error instanceof Z3Error && !OF_ALL.includes(error.code)
      if (targets.length === 1 || !isOwn || io.signal.aborted) throw error
      status ||= error.exitStatus
      fail(`${target.dataset}: ${error.message}`, error.hint, io)
      reports.push({ dataset: target.dataset, status: 'error', ...errorJson(error) })
    }
  }
  if (args.json) {
    const report = { status: status === EXIT.ok ? 'success' : 'error', dry_run: dryRun }
    io.stdout.write(`${JSON.stringify({ ...report, datasets: reports })}\n`)
  }
  return status
}

/**
 * Check that every dataset has a schedule, before anything is changed. With `--all`, one without a
 * schedule is skipped.
 *
 * @throws Z3Error `config`
 */
async function withSchedule(
  targets: readonly VerifyTarget[],
  args: Args,
  io: Io,
): Promise<readonly VerifyTarget[]> {
  const { config } = await prepare('z3', { ...args, quiet: true }, io)
  const scheduled = targets.filter(
    ({ dataset }) => config.forDataset(dataset).settings.RETENTION !== undefined,
  )
  const others = targets.filter((target) => !scheduled.includes(target))
  if (others.length > 0 && (!args.all || scheduled.length === 0)) {
    throw missingSetting('RETENTION', config)
  }
  for (const { dataset } of others) {
    if (!args.quiet) io.stderr.write(`z3: ${dataset}: RETENTION is not set; nothing is deleted\n`)
  }
  return scheduled
}

async function pruneTarget(
  { dataset, prefix }: VerifyTarget,
  args: Args,
  maxPercent: number,
  io: Io,
  status: PruneStatus,
): Promise<Pruned> {
  const place = prefix === undefined ? {} : { 's3-prefix': prefix }
  const context = await openContext({ ...args, ...place }, io, dataset)
  const { config, env, say, tell, destination, store } = context
  try {
    const { RETENTION: text, SNAPSHOT_PREFIX: snapshots } = config.settings
    if (text === undefined) throw missingSetting('RETENTION', config)
    const dryRun = args['dry-run'] === true
    const work = (signal: AbortSignal): Promise<Pruned> =>
      prune(context.place, {
        schedule: parseSchedule(text, 'RETENTION'),
        prefix: snapshots,
        respectMinimum: args['respect-minimum'] === true,
        maxPercent,
        force: args.force === true,
        dryRun,
        versions: args['delete-versions'] === true,
        unlocked: args.unlocked === true,
        env,
        signal,
        now: Date.now,
        tell,
        onPlan: (plan) => {
          status.planned(plan)
        },
        onDone: (entry, outcome) => {
          status.done()
          if (!dryRun) showOutcome(entry, outcome, args, io)
        },
      })
    return dryRun
      ? await work(io.signal)
      : await withLock({ dataset, destination }, io.signal, say, work)
  } finally {
    store.close()
  }
}

function showOutcome(entry: PruneEntry, outcome: Outcome, args: Args, io: Io): void {
  const line = printable(outcomeLine(entry, outcome))
  if (outcome.result === 'failed' || outcome.result === 'changed') io.stderr.write(`z3: ${line}\n`)
  else if (!args.quiet && !args.json) io.stdout.write(`${line}\n`)
}

function show(pruned: Pruned, args: Args, io: Io): void {
  const { dataset, foreign, problem } = pruned
  const dryRun = args['dry-run'] === true
  if (!args.quiet) {
    if (dryRun && !args.json) io.stdout.write(`${pruneTable(pruned)}\n`)
    for (const key of foreign) {
      io.stderr.write(`z3: object '${printable(key)}' is not a snapshot of ${dataset}; kept\n`)
    }
    io.stderr.write(`z3: ${pruneTotals(pruned, dryRun)}\n`)
  }
  if (problem) fail(`${dataset}: ${problem.message}`, problem.hint, io)
}

function fail(message: string, hint: string | undefined, io: Io): void {
  writeLog(io.stderr, 'z3', {
    level: 'error',
    message: printable(message),
    hint: hint === undefined ? undefined : printable(hint),
  })
}

/** @throws Z3Error `usage` */
function readPercent(text: string): number {
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : NaN
  if (percent <= 100) return percent
  throw usageError(spec, `--max-percent: '${text}' is not a number from 0 to 100`)
}
