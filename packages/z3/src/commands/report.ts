import { hostname } from 'node:os'
import { noBackups, openStoreOf, type OpenStore } from '@z3/backup'
import {
  createAtomicFile,
  durationFlag,
  printable,
  usageError,
  version,
  writeLog,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import { checkDatasetName, EXIT, Z3Error } from '@z3/core'
import { globals } from '../command-line.js'
import { assess, type DatasetReport } from '../report/assess.js'
import { loadLocal, type Local } from '../report/load/load-local.js'
import { loadStoredDatasets, type UnreadDataset } from '../report/load/load-stored-datasets.js'
import { renderPage } from '../report/page.js'
import { commandOf } from '../report/remedies.js'
import { listAll, namedDatasets } from '../status/load-state.js'

const options = {
  ...globals,
  output: {
    type: 'string',
    alias: 'o',
    requiresArg: true,
    value: 'FILE',
    group: 'Output',
    describe: 'Write the page to FILE, in one step, instead of standard output',
  },
  all: {
    type: 'boolean',
    group: 'Checks',
    describe: 'Report all datasets that have backups under S3_PREFIX',
  },
  'max-age': {
    type: 'string',
    requiresArg: true,
    value: 'AGE',
    group: 'Checks',
    describe: 'Not healthy if the newest good backup is older than AGE: 26h, 2d',
  },
} as const

type Args = Arguments<typeof options>

/** z3 report's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 report',
  usage: '[options] [DATASET...] | --all',
  description: `Write a page of HTML that shows whether the backups are good: what is wrong and the command against it, and for each dataset its snapshots along the time, their chains and health, the bytes stored, what z3 prune would delete, and what is not backed up.

Changes nothing. The page is one file without scripts, and contains no secret. Object metadata is cached in XDG_CACHE_HOME.`,
  options,
  common: ['filesystem', 'output', 'all', 'max-age'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  conflicts: [['all', 'filesystem']],
  examples: [
    ['$0 --all --max-age 26h --output /var/www/html/backups.html', 'all datasets'],
    ['$0 tank/data > data.html', 'one dataset'],
  ],
  exitStatus: `0 written, all healthy; 1 failed; 2 usage or configuration; 3 written, an object is not healthy, or the newest backup too old; 4 no backups, or no such dataset, neither local nor in the bucket; 128+n ended by signal n. If a dataset cannot be read, the page says so, with the status of that error.`,
  version,
}

/** Run `z3 report`. */
export async function action(args: Args, io: Io): Promise<number> {
  const { operands, all, output } = args
  if (all && operands.length > 0) throw usageError(spec, '--all and a dataset exclude each other')
  operands.forEach(checkDatasetName)
  const age = args['max-age']
  const maxAge = age === undefined ? undefined : durationFlag('--max-age', age)
  // before anything is read: a page that cannot be written need not be made
  const file = output === undefined ? undefined : await createAtomicFile(output)
  try {
    const { page, status } = await makePage(args, maxAge, io)
    io.signal.throwIfAborted()
    if (!file) io.stdout.write(page)
    await file?.write(page)
    await file?.commit()
    return status
  } catch (error) {
    await file?.discard()
    throw error
  }
}

async function makePage(args: Args, maxAge: number | undefined, io: Io) {
  const open = await openStoreOf(args, io)
  const { config, store, env } = open
  try {
    const { S3_PREFIX: prefix } = config.settings
    const names = await namesOf(open, args, io)
    const [found, local] = await Promise.all([
      loadStoredDatasets(open, names, args.all ? prefix : undefined, io.signal),
      loadLocal(env, io.signal, names, args.all ? undefined : names),
    ])
    const now = Date.now() / 1000
    const datasets = found
      .map((one) => ('error' in one ? one : assess(one, local, maxAge, now)))
      .toSorted((a, b) => severity(b) - severity(a))
    checkExist(datasets, open)
    const page = renderPage({
      title: store.title,
      prefix,
      host: hostname(),
      version,
      now,
      datasets,
      local,
      commandOf: (words) => commandOf(words, args),
    })
    return { page, status: tell(datasets, local, io) }
  } finally {
    store.close()
  }
}

/** Sorted. With `--all`, where they are found, whatever a section of the configuration says. */
async function namesOf(
  open: OpenStore,
  { all, operands }: Args,
  { signal }: Io,
): Promise<readonly string[]> {
  if (!all) return namedDatasets(open, operands).toSorted()
  const found = await listAll(open, signal)
  if (found.length === 0) throw noBackups(open.store, open.config.settings.S3_PREFIX)
  return found
}

type Found = DatasetReport | UnreadDataset

function severity(one: Found): number {
  if ('error' in one) return 1
  return one.problems.length > 0 ? 2 : 0
}

/** @throws Z3Error `no-such-dataset` for a name that is neither stored nor on this host */
function checkExist(datasets: readonly Found[], { store }: OpenStore): void {
  const missing = datasets.find(
    (one) => !('error' in one) && one.isHere === false && one.summary.objects === 0,
  )
  if (!missing) return
  throw new Z3Error(
    'no-such-dataset',
    `dataset '${missing.dataset}' exists neither on this host nor in the store (${store.title})`,
    { hint: "Correct the name; 'z3 list' shows the datasets in the store." },
  )
}

/** Say on stderr what is wrong, for a mail of cron. */
function tell(datasets: readonly Found[], local: Local, io: Io): number {
  const say = (message: string, dataset?: string) => {
    writeLog(io.stderr, 'z3', { level: 'error', message: printable(message), dataset })
  }
  for (const one of datasets) {
    const problems = 'error' in one ? [one.error.message] : one.problems
    for (const problem of problems) say(`${one.dataset}: ${problem}`, one.dataset)
  }
  if (datasets.some((one) => severity(one) === 2)) {
    reportLocal(local, say)
    return EXIT.integrity
  }
  const failed = datasets.find((one) => 'error' in one)?.error
  return failed?.exitStatus ?? reportLocal(local, say)
}

/** A host without zfs is no failure: it may only watch the bucket. */
function reportLocal(local: Local, say: (message: string) => void): number {
  if (local.isKnown || local.error.code === 'zfs-unavailable') return EXIT.ok
  say(`cannot list the snapshots of this host: ${local.error.message}`)
  return local.error.exitStatus
}
