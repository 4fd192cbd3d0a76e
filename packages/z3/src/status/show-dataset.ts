import { describePlace, loadStored, markUnreadable, openContext, type Context } from '@z3/backup'
import { displayOf, type Io } from '@z3/cli'
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
import { fitTable } from './fit-table.js'
import { parseable } from './parseable.js'
import { renderTable } from './render-table.js'
import {
  chooseRows,
  fail,
  readShowOptions,
  reasonLine,
  type ShowArguments,
} from './show-options.js'
import { snapshotColumns } from './snapshot-columns.js'
import { statusReport } from './status-report.js'
import {
  archiveText,
  findProblems,
  localText,
  lockedText,
  omittedText,
  totals,
  withFuture,
} from './status-text.js'

const STDOUT = 1

/**
 * Show the snapshots of one dataset, local and stored.
 *
 * @returns the exit status
 * @throws Z3Error `usage`, `config`, `no-such-dataset`, and those of the store
 */
export async function showDataset(args: ShowArguments, io: Io): Promise<number> {
  const options = readShowOptions(args)
  const { check, maxAge } = options
  const context = await openContext(args, io, args.operands[0])
  try {
    const { config, dataset, env, place, say, tell } = context
    const { SNAPSHOT_PREFIX: prefix } = config.settings
    const [local, stored] = await Promise.all([
      localSnapshots(context, io),
      loadStored(place, env, io.signal, tell, { looks: check ? 'all' : 'archived', index: true }),
    ])
    if (local.isHere === false && stored.snapshots.length + stored.foreign.length === 0) {
      throw new Z3Error(
        'no-such-dataset',
        `dataset '${dataset}' exists neither on this host nor in the store (${describePlace(place.store, place.prefix)})`,
        { hint: "Correct the name; 'zfs list' lists the datasets of this host." },
      )
    }
    const byTime = statusRows({
      dataset,
      prefix,
      local: local.snapshots,
      stored: stored.snapshots.map((object) => markUnreadable(object, config)),
    })
    const now = Date.now() / 1000
    const summary = withFuture(statusSummary(byTime, local.snapshots !== undefined), byTime, now)
    const rows = chooseRows(byTime, options)
    if (local.isHere === false) say(`${dataset} is not on this host`)
    const known = local.isHere ? local.snapshots : stored.snapshots
    const names = known.map(({ snapshot }) => snapshot)
    const prefixes = describePrefixes(dataset, names)
    if (prefixes !== undefined && !names.some((name) => name.startsWith(prefix))) {
      say(`no snapshot of ${dataset} begins with SNAPSHOT_PREFIX '${prefix}'. ${prefixes}`)
    }
    for (const key of stored.foreign) {
      say(`object '${key}' is not a snapshot of ${dataset}; skipping it`)
    }
    for (const row of check ? byTime : rows) {
      const line = reasonLine(dataset, row)
      if (line === undefined) continue
      if (check && row.stored?.problem !== undefined) fail(io, dataset, line)
      else say(line)
    }
    const problems = findProblems(summary, maxAge, now)
    if (args.json) {
      io.stdout.write(`${JSON.stringify(statusReport(context, rows, summary, problems, now))}\n`)
    } else if (args.parseable) {
      io.stdout.write(rows.map((row) => `${parseable(row)}\n`).join(''))
    } else {
      const { text, notes } = table(context, rows, args, io, now)
      io.stdout.write(`${header(context)}\n${text}\n`)
      // scripts that parse z3's table would take the totals for rows
      const output = io.isTerminal(STDOUT) ? io.stdout : io.stderr
      if (!args.quiet) {
        output.write([...notes, totals(byTime, summary, now)].map((line) => `${line}\n`).join(''))
      }
    }
    if (!check || problems.length === 0) return EXIT.ok
    for (const problem of problems) fail(io, dataset, problem)
    return EXIT.integrity
  } finally {
    context.store.close()
  }
}

/** What this host has of a dataset; undefined: unknown. */
type LocalSide =
  | { readonly isHere: boolean; readonly snapshots: readonly LocalSnapshot[] }
  | { readonly isHere: undefined; readonly snapshots: undefined }

/**
 * The local snapshots. Without zfs, for example on a rescue system, they are unknown, and the
 * backups are listed nevertheless.
 */
async function localSnapshots({ dataset, env, say }: Context, io: Io): Promise<LocalSide> {
  try {
    const snapshots = await listSnapshots(runZfs({ env, signal: io.signal }), dataset)
    return { isHere: true, snapshots }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    if (error.code === 'no-such-dataset') return { isHere: false, snapshots: [] }
    if (error.code === 'zfs-unavailable') {
      // message of z3
      say(`unable to list local snapshots! ${error.message}`)
      return { isHere: undefined, snapshots: undefined }
    }
    throw error
  }
}

/** z3's line. */
function header({ config, dataset }: Context): string {
  const { BUCKET, SNAPSHOT_PREFIX, S3_PREFIX } = config.settings
  return `backup status for ${dataset}@${SNAPSHOT_PREFIX}* on ${String(BUCKET)}/${S3_PREFIX}`
}

/** A table for people, or z3's, which scripts parse, if the output is no terminal. */
function table(
  { dataset }: Context,
  rows: readonly StatusRow[],
  { wide, color }: ShowArguments,
  io: Io,
  now: number,
): { readonly text: string; readonly notes: readonly string[] } {
  if (!wide && !io.isTerminal(STDOUT)) return { text: z3Table(rows, now), notes: [] }
  const shown = rows.map((row) => ({ dataset, row }))
  const { width, ...display } = displayOf(io, STDOUT, color)
  const { text, omitted } = fitTable(snapshotColumns(shown, now, false), shown, {
    ...display,
    ...(wide ? {} : { width }),
  })
  return { text, notes: omittedText(omitted) }
}

/** Byte for byte that of z3, with further columns only if a row needs them. */
function z3Table(rows: readonly StatusRow[], now: number): string {
  const head = ['NAME', 'PARENT', 'TYPE', 'HEALTH', 'LOCAL STATE', 'SIZE']
  // only if a row has one, so scripts that parse z3's table do not see them otherwise
  const more = [
    { name: 'ARCHIVE', text: archiveText },
    { name: 'LOCKED UNTIL', text: (row: StatusRow) => lockedText(row, now) },
  ].filter(({ text }) => rows.some((row) => text(row) !== ''))
  return renderTable(
    [...head, ...more.map(({ name }) => name)],
    rows.map((row) => [
      ...[row.name, row.parent, row.type, row.health, localText(row), row.size],
      ...more.map(({ text }) => text(row)),
    ]),
  )
}
