import { reportError, type Io } from '@z3/cli'
import type { LoadedConfig } from '@z3/config'
import { divideRate, formatRate, formatSize, MIB, parseRate, Z3Error } from '@z3/core'
import { errorFacts } from '@z3/replicate'
import pMap from 'p-map'

/** The result for one of several datasets. */
export interface DatasetResult<S> {
  readonly dataset: string
  /** Those that were stored or restored, also before an error. */
  readonly snapshots: readonly S[]
  readonly error: Z3Error | undefined
}

/** How to process several datasets. */
export interface Together {
  readonly io: Io
  /** Datasets in parallel. */
  readonly parallel: number
  /** Print the causes of errors. */
  readonly debug: boolean
}

/**
 * Back up or restore several datasets in parallel. A failure is reported at once, and the others
 * continue.
 *
 * @param work calls `onDone` for each stored or restored snapshot, even if it fails later
 * @returns in the order of the datasets
 * @throws the signal's reason; any error that is not a Z3Error, after all others have ended
 */
export async function runMany<T extends { readonly dataset: string }, S>(
  datasets: readonly T[],
  { io, parallel, debug }: Together,
  work: (one: T, onDone: (snapshot: S) => void) => Promise<void>,
): Promise<readonly DatasetResult<S>[]> {
  const defects: unknown[] = []
  io.facts?.count('failedDatasets', 0)
  const one = async (item: T): Promise<DatasetResult<S>> => {
    const { dataset } = item
    const snapshots: S[] = []
    const result = (error: Z3Error | undefined) => ({ dataset, snapshots, error })
    try {
      // start no further dataset
      io.signal.throwIfAborted()
      await work(item, (snapshot) => snapshots.push(snapshot))
      return result(undefined)
    } catch (error) {
      if (error instanceof Z3Error && !io.signal.aborted) {
        const { code, message, hint } = error
        const named = new Z3Error(code, `${dataset}: ${message}`, { hint, cause: error })
        reportError(named, io, { name: 'z3', debug, json: false, dataset })
        io.facts?.count('failedDatasets', 1)
        return result(error)
      }
      defects.push(error)
      return result(undefined)
    }
  }
  const results = await pMap(datasets, one, { concurrency: parallel })
  io.signal.throwIfAborted()
  if (defects.length > 0) throw defects[0]
  return results
}

/** Exit statuses, worst first: data in doubt, failed, not tried. */
const WORST_FIRST = [3, 6, 1, 2, 4, 5]

/** The exit status of several datasets: the worst one. */
export function worstStatus(results: readonly DatasetResult<unknown>[]): number {
  const statuses = new Set(results.map(({ error }) => error?.exitStatus ?? 0))
  return WORST_FIRST.find((status) => statuses.has(status)) ?? 0
}

/**
 * The summary line: `2 of 3 datasets backed up; failed: tank/b`.
 *
 * @param done `backed up`
 */
export function summaryLine(results: readonly DatasetResult<unknown>[], done: string): string {
  const failed = results.filter(({ error }) => error).map(({ dataset }) => dataset)
  const all = `${String(results.length)} ${results.length === 1 ? 'dataset' : 'datasets'}`
  return failed.length === 0
    ? `${all} ${done}`
    : `${String(results.length - failed.length)} of ${all} ${done}; failed: ${failed.join(', ')}`
}

/** JSON form of the summary. */
export function manyJson(results: readonly DatasetResult<unknown>[]): object {
  return {
    status: results.some(({ error }) => error) ? 'error' : 'success',
    datasets: results.map(({ dataset, snapshots, error }) => ({
      dataset,
      status: error ? 'error' : 'success',
      ...(error && errorFacts(error)),
      snapshots,
    })),
  }
}

/** Less memory cannot hold two parts and everything else, bytes. */
const LEAST = 16 * MIB

/**
 * The share of one of several parallel transfers in memory and parallel parts, passed to the
 * programs as options.
 *
 * @throws Z3Error `usage` if that would be too little memory
 */
export function shareOf(config: LoadedConfig, transfers: number): LoadedConfig {
  if (transfers === 1) return config
  const { MAX_MEMORY: memory, CONCURRENCY: parts } = config.settings
  const share = Math.floor(memory / transfers / MIB) * MIB
  if (share < LEAST) {
    throw new Z3Error(
      'usage',
      `${String(transfers)} datasets in parallel do not fit into ${formatSize(memory)} of memory`,
      {
        hint: `Set MAX_MEMORY to at least ${formatSize(transfers * LEAST)}, or reduce PARALLEL.`,
      },
    )
  }
  const source = { kind: 'flag', name: '--parallel' } as const
  const shared = shareRate(config, transfers)
  return {
    ...shared,
    settings: {
      ...shared.settings,
      MAX_MEMORY: share,
      CONCURRENCY: Math.max(1, Math.floor(parts / transfers)),
    },
    sources: { ...shared.sources, MAX_MEMORY: source, CONCURRENCY: source },
  }
}

/**
 * The share of one of several parallel transfers in the bandwidth, passed on as an option. pv would
 * write over the line of another transfer.
 */
export function shareRate(config: LoadedConfig, transfers: number): LoadedConfig {
  if (transfers === 1) return config
  const settings = { ...config.settings, PV: 'no' as const }
  const { RATE: rate } = settings
  if (rate === undefined) return { ...config, settings }
  const share = formatRate(divideRate(parseRate(rate), transfers))
  return {
    ...config,
    settings: { ...settings, RATE: share },
    sources: { ...config.sources, RATE: { kind: 'flag', name: '--parallel' } },
  }
}
