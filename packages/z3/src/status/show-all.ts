import { noBackups, openStoreOf, type OpenStore } from '@z3/backup'
import { displayOf, type Io } from '@z3/cli'
import { EXIT, Z3Error, type StatusRow } from '@z3/core'
import pMap from 'p-map'
import { datasetColumns, totalsOfAll } from './dataset-columns.js'
import { fitTable } from './fit-table.js'
import { DATASETS_AT_ONCE, listAll, loadState, type CheckedDataset } from './load-state.js'
import { fullParseable } from './parseable.js'
import { chooseRows, fail, readShowOptions } from './show-options.js'
import type { ShowArguments, ShowOptions } from './show-options.js'
import { snapshotColumns } from './snapshot-columns.js'
import { reportOfAll } from './status-report.js'
import { findProblems, omittedText } from './status-text.js'

const STDOUT = 1

/**
 * Show all datasets that have backups under S3_PREFIX, without ZFS: one line for each, or with
 * --last its newest snapshots.
 *
 * @returns the exit status
 * @throws Z3Error `usage`, `config`, `no-such-dataset` if there are no backups, and those of the
 *   store that every dataset meets
 */
export async function showAll(args: ShowArguments, io: Io): Promise<number> {
  const options = readShowOptions(args)
  const open = await openStoreOf(args, io)
  try {
    const now = Date.now() / 1000
    const all = await loadAllStates(args, options, open, io, now)
    if (args.json) {
      io.stdout.write(`${JSON.stringify(reportOfAll(open, all, now))}\n`)
    } else if (args.parseable) {
      const lines = all.flatMap(({ dataset, state }) =>
        (state?.rows ?? []).map((row) => `${fullParseable(dataset, row)}\n`),
      )
      io.stdout.write(lines.join(''))
    } else writeTable(all, args, io, now)
    return reportProblems(all, options, io)
  } finally {
    open.store.close()
  }
}

async function loadAllStates(
  { json, parseable, last }: ShowArguments,
  options: ShowOptions,
  open: OpenStore,
  { signal }: Io,
  now: number,
): Promise<readonly CheckedDataset[]> {
  const { store, config } = open
  const { check, maxAge } = options
  const names = await listAll(open, signal)
  if (names.length === 0) throw noBackups(store, config.settings.S3_PREFIX)
  // the table of datasets shows neither snapshots nor archives
  const hasRows = json === true || parseable === true || last !== undefined
  const heads = check ? 'all' : hasRows ? 'archived' : 'new'
  const choose = (rows: readonly StatusRow[]) => (hasRows ? chooseRows(rows, options) : [])
  const all = await pMap(
    names,
    async (dataset): Promise<CheckedDataset> => {
      try {
        const state = await loadState(dataset, open, {
          ...{ isListed: true, heads, choose, now, signal },
        })
        const problems = findProblems(state.summary, maxAge, now)
        return { dataset, state, problems, error: undefined }
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof Z3Error)) throw error
        return { dataset, state: undefined, problems: [], error }
      }
    },
    { concurrency: DATASETS_AT_ONCE, signal },
  )
  const [first] = all
  if (first?.error && all.every(({ error }) => error)) throw first.error
  return all
}

function writeTable(
  all: readonly CheckedDataset[],
  { wide, color, quiet, last }: ShowArguments,
  io: Io,
  now: number,
): void {
  const { width, ...display } = displayOf(io, STDOUT, color)
  const fit = wide ? display : { ...display, width }
  const rows = all.flatMap(({ dataset, state }) =>
    (state?.rows ?? []).map((row) => ({ dataset, row })),
  )
  const { text, omitted } =
    last === undefined
      ? fitTable(datasetColumns(now), all, fit)
      : fitTable(snapshotColumns(rows, now, true), rows, fit)
  io.stdout.write(`${text}\n`)
  const output = io.isTerminal(STDOUT) ? io.stdout : io.stderr
  if (!quiet) {
    output.write([...omittedText(omitted), totalsOfAll(all)].map((line) => `${line}\n`).join(''))
  }
}

/** Name what is wrong; the worst decides. */
function reportProblems(all: readonly CheckedDataset[], { check }: ShowOptions, io: Io): number {
  let isBad = false
  for (const { dataset, state, error, problems } of all) {
    if (error) fail(io, dataset, `${dataset}: ${error.message}`)
    if (!check) continue
    for (const line of state?.reasons ?? []) fail(io, dataset, line)
    for (const problem of problems) fail(io, dataset, `${dataset}: ${problem}`)
    isBad ||= problems.length > 0
  }
  if (isBad) return EXIT.integrity
  return all.find(({ error }) => error)?.error?.exitStatus ?? EXIT.ok
}
