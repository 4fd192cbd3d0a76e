import {
  describePlace,
  loadStored,
  markUnreadable,
  openContext,
  openStoreOf,
  type Context,
} from '@z3/backup'
import {
  asOfOption,
  durationFlag,
  printable,
  usageError,
  version,
  writeLog,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import {
  describePrefixes,
  EXIT,
  statusRows,
  statusSummary,
  Z3Error,
  type LocalSnapshot,
  type StatusRow,
} from '@z3/core'
import { listSnapshots, runZfs } from '@z3/zfs'
import { globals, tableOptions } from '../command-line.js'
import { asksForNagios, checkAll, reportToNagios } from '../status/check-all.js'
import { renderTable } from '../status/render-table.js'
import {
  archiveText,
  findProblems,
  lockedText,
  statusReport,
  totals,
  withFuture,
} from '../status/status-text.js'

const options = {
  ...globals,
  ...asOfOption,
  check: {
    type: 'boolean',
    group: 'Checks',
    describe: 'Check every object with HEAD; exit 3 unless all are healthy',
  },
  'max-age': {
    type: 'string',
    requiresArg: true,
    value: 'AGE',
    group: 'Checks',
    describe: 'Exit 3 if the newest good backup is older than AGE: 26h, 2d',
  },
  nagios: {
    type: 'boolean',
    group: 'Nagios',
    describe: 'Print one line and exit as a Nagios plugin: 0, 1, 2 or 3',
  },
  all: {
    type: 'boolean',
    group: 'Nagios',
    describe: 'With --nagios: check all datasets that have backups under S3_PREFIX',
  },
  warning: {
    type: 'string',
    requiresArg: true,
    value: 'AGE',
    group: 'Nagios',
    describe: 'With --nagios: WARNING if a newest good backup is older (default: 26h)',
  },
  critical: {
    type: 'string',
    requiresArg: true,
    value: 'AGE',
    group: 'Nagios',
    describe: 'With --nagios: CRITICAL if a newest good backup is older (default: 50h)',
  },
  sort: {
    type: 'string',
    choices: ['time', 'name'],
    default: 'time',
    requiresArg: true,
    group: 'Output',
    describe: 'Order of the snapshots: creation time or name',
  },
  ...tableOptions,
  parseable: {
    type: 'boolean',
    group: 'Output',
    describe: 'Print fields separated by tabs, no header, sizes in bytes',
  },
} as const

type Args = Arguments<typeof options>

const STDOUT = 1

/** z3 status's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 status',
  usage: '[options] [DATASET] | --nagios [DATASET...]',
  description: `List the snapshots of a dataset: backups in the bucket, whether each can be restored, and snapshots without a backup.

Changes nothing. Object metadata is cached in XDG_CACHE_HOME.`,
  options,
  common: ['filesystem', 'check', 'max-age', 'json', 'parseable'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  conflicts: [
    ['json', 'parseable'],
    ['nagios', 'json'],
    ['nagios', 'parseable'],
    ['nagios', 'max-age'],
    ['all', 'filesystem'],
  ],
  onError: (error, words, io, report) =>
    asksForNagios(words) ? reportToNagios(error, io, report) : report(),
  examples: [
    ['$0 --dataset tank/data', 'list all'],
    ['$0 --dataset tank/data --check --max-age 26h', 'for monitoring'],
    ['$0 --nagios --all --warning 26h --critical 50h', 'for Nagios'],
  ],
  exitStatus: `0 shown; 1 failed; 2 usage or configuration; 3 an object is not healthy, or the newest backup too old; 4 no such dataset, neither local nor in the bucket; 128+n ended by signal n. With --nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.`,
  version,
}

/** Run `z3 status`. */
export async function action(args: Args, io: Io): Promise<number> {
  checkArguments(args)
  return args.nagios ? checkAll(args, io, () => openStoreOf(args, io)) : showStatus(args, io)
}

/** @throws Z3Error `usage` */
function checkArguments({ operands, nagios, all, warning, critical }: Args): void {
  const [, second] = operands
  if (nagios) {
    if (all && operands.length > 0) throw usageError(spec, '--all and a dataset exclude each other')
    return
  }
  if (second !== undefined) throw usageError(spec, `unexpected argument '${second}'`)
  if (all) throw usageError(spec, '--all requires --nagios')
  if (warning !== undefined || critical !== undefined) {
    throw usageError(spec, '--warning and --critical require --nagios')
  }
}

async function showStatus(args: Args, io: Io): Promise<number> {
  const maxAge =
    args['max-age'] === undefined ? undefined : durationFlag('--max-age', args['max-age'])
  const check = args.check === true || maxAge !== undefined
  const context = await openContext(args, io, args.operands[0])
  try {
    const { config, dataset, env, place, say, tell } = context
    const { SNAPSHOT_PREFIX: prefix } = config.settings
    // --quiet does not silence errors
    const fail = (line: string) => {
      writeLog(io.stderr, 'z3', { level: 'error', message: printable(line), dataset })
    }
    const [local, stored] = await Promise.all([
      localSnapshots(context, io),
      loadStored(place, env, io.signal, tell, check ? 'all' : 'archived'),
    ])
    if (!local && stored.snapshots.length + stored.foreign.length === 0) {
      throw new Z3Error(
        'no-such-dataset',
        `dataset '${dataset}' exists neither on this host nor in the store (${describePlace(place.store, place.prefix)})`,
        { hint: "Correct the name; 'zfs list' lists the datasets of this host." },
      )
    }
    const byTime = statusRows({
      dataset,
      prefix,
      local: local ?? [],
      stored: stored.snapshots.map((object) => markUnreadable(object, config)),
    })
    const now = Date.now() / 1000
    const summary = withFuture(statusSummary(byTime), byTime, now)
    const rows = args.sort === 'name' ? sortByName(byTime) : byTime
    if (!local) say(`${dataset} is not on this host`)
    const names = (local ?? stored.snapshots).map(({ snapshot }) => snapshot)
    const prefixes = describePrefixes(dataset, names)
    if (prefixes !== undefined && !names.some((name) => name.startsWith(prefix))) {
      say(`no snapshot of ${dataset} begins with SNAPSHOT_PREFIX '${prefix}'. ${prefixes}`)
    }
    for (const key of stored.foreign) {
      say(`object '${key}' is not a snapshot of ${dataset}; skipping it`)
    }
    for (const { name, health, stored: object } of rows) {
      const reason = object?.problem ?? object?.remark
      if (reason === undefined) continue
      const line = `${dataset}@${name}: ${health}: ${reason}`
      if (check && object?.problem !== undefined) fail(line)
      else say(line)
    }
    const problems = findProblems(summary, maxAge, now)
    if (args.json) {
      io.stdout.write(`${JSON.stringify(statusReport(context, rows, summary, problems, now))}\n`)
    } else if (args.parseable) {
      io.stdout.write(rows.map((row) => `${parseable(row)}\n`).join(''))
    } else {
      io.stdout.write(`${header(context)}\n${table(rows, now)}\n`)
      // scripts that parse z3's table would take the totals for rows
      const output = io.isTerminal(STDOUT) ? io.stdout : io.stderr
      if (!args.quiet) output.write(`${totals(rows, summary, now)}\n`)
    }
    if (!check || problems.length === 0) return EXIT.ok
    for (const problem of problems) fail(problem)
    return EXIT.integrity
  } finally {
    context.store.close()
  }
}

/** As in the original's table: by the bytes of the names, which are ASCII. */
function sortByName(rows: readonly StatusRow[]): readonly StatusRow[] {
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
}

/**
 * The local snapshots; undefined if the dataset does not exist on this host. Without zfs, for
 * example on a rescue system, they are unknown, and the backups are listed nevertheless.
 */
async function localSnapshots(
  { dataset, env, say }: Context,
  io: Io,
): Promise<readonly LocalSnapshot[] | undefined> {
  try {
    return await listSnapshots(runZfs({ env, signal: io.signal }), dataset)
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    if (error.code === 'no-such-dataset') return undefined
    if (error.code === 'zfs-unavailable') {
      // message of z3
      say(`unable to list local snapshots! ${error.message}`)
      return []
    }
    throw error
  }
}

/** z3's line. */
function header({ config, dataset }: Context): string {
  const { BUCKET, SNAPSHOT_PREFIX, S3_PREFIX } = config.settings
  return `backup status for ${dataset}@${SNAPSHOT_PREFIX}* on ${String(BUCKET)}/${S3_PREFIX}`
}

function table(rows: readonly StatusRow[], now: number): string {
  const head = ['NAME', 'PARENT', 'TYPE', 'HEALTH', 'LOCAL STATE', 'SIZE']
  // only if a row has one, so scripts that parse z3's table do not see them otherwise
  const more = [
    { name: 'ARCHIVE', text: archiveText },
    { name: 'LOCKED UNTIL', text: (row: StatusRow) => lockedText(row, now) },
  ].filter(({ text }) => rows.some((row) => text(row) !== ''))
  return renderTable(
    [...head, ...more.map(({ name }) => name)],
    rows.map((row) => [
      ...[row.name, row.parent, row.type, row.health, row.localState, row.size],
      ...more.map(({ text }) => text(row)),
    ]),
  )
}

/** NAME PARENT TYPE HEALTH LOCAL-STATE SIZE STORED CREATED; '-' for unknown numbers. */
function parseable(row: StatusRow): string {
  const { stored } = row
  const numbers = [stored?.size, stored?.bytes, row.created]
  return [
    row.name,
    row.parent,
    row.type,
    row.health,
    row.localState,
    ...numbers.map((value) => (value === undefined ? '-' : String(value))),
  ].join('\t')
}
