import {
  durationFlag,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import {
  EXIT,
  humanSize,
  statusRows,
  statusSummary,
  Z3Error,
  type LocalSnapshot,
  type StatusRow,
  type StatusSummary,
} from '@z3/core'
import { listSnapshots, runZfs } from '@z3/zfs'
import prettyMs from 'pretty-ms'
import { globals } from '../command-line.js'
import { openContext, type Context } from '../context.js'
import { loadStored } from '../load-stored.js'
import { renderTable } from '../render-table.js'
import { statusReport } from '../status-report.js'

const options = {
  ...globals,
  check: {
    type: 'boolean',
    describe:
      'Exit 3 when an object is not healthy; HEAD requests check every object',
  },
  'max-age': {
    type: 'string',
    requiresArg: true,
    describe:
      'Exit 3, too, when the newest good backup is older than this: 26h, 2d',
  },
  json: {
    type: 'boolean',
    describe: 'Print it as JSON, errors too',
  },
  parseable: {
    type: 'boolean',
    describe:
      'Print fields with tabs between them, and no header; sizes in bytes',
  },
} as const

type Args = Arguments<typeof options>

/** z3 status's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 status',
  usage: '[options] [DATASET]',
  description: `Show the snapshots of a dataset: those in the store, whether each can be restored, and those that are here alone.

Nothing is changed. Object metadata is cached in XDG_CACHE_HOME.`,
  options,
  operands: { least: 0, most: 1 },
  takesCommand: false,
  conflicts: [['json', 'parseable']],
  examples: [
    ['$0 --dataset tank/data', 'what is stored and what is not'],
    ['$0 --dataset tank/data --check --max-age 26h', 'for a monitor'],
  ],
  exitStatus: `0 shown; 1 failed; 2 usage or configuration; 3 with --check, something is not healthy or too old; 128+n ended by signal n.`,
  version,
}

/** Run `z3 status`. */
export async function action(args: Args, io: Io): Promise<number> {
  const maxAge =
    args['max-age'] === undefined
      ? undefined
      : durationFlag('--max-age', args['max-age'])
  const check = args.check === true || maxAge !== undefined
  const context = await openContext(args, io, args.operands[0])
  try {
    const { config, dataset, env, place, say, tell } = context
    const { SNAPSHOT_PREFIX: prefix } = config.settings
    const [local, stored] = await Promise.all([
      localSnapshots(context, io),
      loadStored(place, env, io.signal, tell, check),
    ])
    const rows = statusRows({
      dataset,
      prefix,
      local,
      stored: stored.snapshots,
    })
    const summary = statusSummary(rows)
    for (const key of stored.foreign) {
      say(`object '${key}' is no snapshot of ${dataset}; it is left out`)
    }
    for (const { name, health, stored: object } of rows) {
      if (object?.problem === undefined) continue
      say(`${dataset}@${name}: ${health}: ${object.problem}`)
    }
    const now = Date.now() / 1000
    const problems = findProblems(summary, maxAge, now)
    if (args.json) {
      io.stdout.write(
        `${JSON.stringify(statusReport(context, rows, summary, problems, now))}\n`,
      )
    } else if (args.parseable) {
      io.stdout.write(rows.map((row) => `${parseable(row)}\n`).join(''))
    } else {
      io.stdout.write(`${header(context)}\n${table(rows)}\n`)
      io.stdout.write(`${totals(rows, summary, now)}\n`)
    }
    if (!check || problems.length === 0) return EXIT.ok
    for (const problem of problems) say(problem)
    return EXIT.integrity
  } finally {
    context.store.close()
  }
}

/**
 * A dataset that is gone has none; on a host without zfs, a rescue system for
 * one, what is stored can be shown all the same.
 */
async function localSnapshots(
  { config, dataset, env, say }: Context,
  io: Io,
): Promise<readonly LocalSnapshot[]> {
  const { SNAPSHOT_PREFIX: prefix } = config.settings
  try {
    const all = await listSnapshots(runZfs({ env, signal: io.signal }), dataset)
    return all.filter(({ snapshot }) => snapshot.startsWith(prefix))
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    if (error.code === 'no-such-dataset') {
      say(`${dataset} is not on this host`)
      return []
    }
    if (error.code === 'zfs-unavailable') {
      // z3's words
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

function table(rows: readonly StatusRow[]): string {
  return renderTable(
    ['NAME', 'PARENT', 'TYPE', 'HEALTH', 'LOCAL STATE', 'SIZE'],
    rows.map((row) => [
      row.name,
      row.parent,
      row.type,
      row.health,
      row.localState,
      row.size,
    ]),
  )
}

/** NAME PARENT TYPE HEALTH LOCAL-STATE SIZE STORED CREATED, of numbers '-'. */
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

function totals(
  rows: readonly StatusRow[],
  summary: StatusSummary,
  now: number,
): string {
  const { objects, bytes, unhealthy, notStored, newestGood } = summary
  const unknown = rows.some(
    ({ stored }) => stored && stored.bytes === undefined,
  )
  const size = `${unknown ? 'at least ' : ''}${humanSize(bytes)}`
  const count = `${String(objects)} stored, ${size}; ${String(unhealthy)} not healthy; ${String(notStored)} not backed up`
  const newest = newestGood
    ? `newest good backup: ${newestGood.name}${ageText(newestGood.created, now)}`
    : 'no good backup'
  return `${count}\n${newest}`
}

function ageText(created: number | undefined, now: number): string {
  return created === undefined
    ? ''
    : `, ${prettyMs(Math.max(0, Math.round(now - created)) * 1000, { unitCount: 2 })} old`
}

function findProblems(
  { unhealthy, newestGood }: StatusSummary,
  maxAge: number | undefined,
  now: number,
): readonly string[] {
  const problems: string[] = []
  if (unhealthy > 0) {
    problems.push(
      `${String(unhealthy)} stored ${unhealthy === 1 ? 'snapshot is' : 'snapshots are'} not healthy`,
    )
  }
  if (!newestGood) problems.push('there is no good backup')
  else if (maxAge !== undefined) {
    if (newestGood.created === undefined) {
      problems.push(`the age of the newest good backup is not known`)
    } else if (now - newestGood.created > maxAge) {
      problems.push(
        `the newest good backup, ${newestGood.name}, is${ageText(newestGood.created, now).slice(1)}`,
      )
    }
  }
  return problems
}
