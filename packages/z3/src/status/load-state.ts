import {
  listDatasets,
  loadStored,
  markUnreadable,
  type LoadOptions,
  type OpenStore,
} from '@z3/backup'
import { missingSetting } from '@z3/config'
import { chainOf, statusRows, statusSummary, storedByName } from '@z3/core'
import type { StatusRow, StatusSummary, StoredSnapshot, Z3Error } from '@z3/core'
import { reasonLine } from './show-options.js'
import { isSizeUnknown, withFuture } from './status-text.js'

/** Datasets whose objects are read at once; each reads many objects at once. */
export const DATASETS_AT_ONCE = 2

/** What the store has of one of several datasets. Nothing is known of local snapshots. */
export interface DatasetState {
  readonly dataset: string
  /** What `choose` has kept of the snapshots of SNAPSHOT_PREFIX. */
  readonly rows: readonly StatusRow[]
  /** What is wrong with single objects. */
  readonly reasons: readonly string[]
  /** The sum of their sizes is a minimum. */
  readonly isSizeUnknown: boolean
  readonly summary: StatusSummary
  /** Objects that a restore of the newest good snapshot reads; undefined: there is none. */
  readonly chain: number | undefined
}

/** A dataset, and what is wrong with it. */
export interface CheckedDataset {
  readonly dataset: string
  /** Undefined: it could not be read. */
  readonly state: DatasetState | undefined
  readonly error: Z3Error | undefined
  /** Without `error`. */
  readonly problems: readonly string[]
}

/** How the objects of a dataset are read. */
export interface StateRequest {
  /** Under S3_PREFIX of the command line, where a listing of it has found the dataset. */
  readonly isListed: boolean
  /** As in `loadStored`. */
  readonly heads: NonNullable<LoadOptions['looks']>
  /** The rows to keep, of all, the oldest first: those of all datasets are in memory at once. */
  readonly choose: (rows: readonly StatusRow[]) => readonly StatusRow[]
  /** Epoch seconds. */
  readonly now: number
  readonly signal: AbortSignal
}

/**
 * Read what the store has of a dataset, without ZFS: one listing, and HEADs of what is not cached.
 *
 * @throws Z3Error of the configuration and the store
 */
export async function loadState(
  dataset: string,
  { store, config: main, contextOf }: OpenStore,
  { isListed, heads, choose, now, signal }: StateRequest,
): Promise<DatasetState> {
  const { config, place, env, tell } = contextOf(dataset)
  // whatever a section of the configuration says
  const prefix = isListed ? main.settings.S3_PREFIX : place.prefix
  const { snapshots } = await loadStored({ store, prefix, dataset }, env, signal, tell, {
    looks: heads,
    index: true,
  })
  const stored = snapshots.map((object) => markUnreadable(object, config))
  const rows = statusRows({
    dataset,
    prefix: config.settings.SNAPSHOT_PREFIX,
    local: undefined,
    stored,
  })
  const summary = withFuture(statusSummary(rows, false), rows, now)
  return {
    dataset,
    rows: choose(rows),
    reasons: rows.flatMap((row) =>
      row.stored?.problem === undefined ? [] : (reasonLine(dataset, row) ?? []),
    ),
    isSizeUnknown: isSizeUnknown(rows),
    summary,
    chain: chainLength(rows, summary, stored),
  }
}

/** Objects that a restore of the newest good snapshot reads; undefined: there is none. */
export function chainLength(
  rows: readonly StatusRow[],
  { newestGood }: StatusSummary,
  all: readonly StoredSnapshot[],
): number | undefined {
  const newest = rows.find(({ name }) => name === newestGood?.name)?.stored
  // the chain may leave the snapshot prefix
  return newest && chainOf(newest, storedByName(all)).length
}

/**
 * The datasets of the command line, else FILESYSTEM; each once.
 *
 * @throws Z3Error `config` if there is none
 */
export function namedDatasets(
  { config }: Pick<OpenStore, 'config'>,
  operands: readonly string[],
): readonly string[] {
  const { FILESYSTEM: usual } = config.settings
  const names = operands.length > 0 || usual === undefined ? operands : [usual]
  if (names.length === 0) throw missingSetting('FILESYSTEM', config)
  return [...new Set(names)]
}

/** The datasets under S3_PREFIX of the command line, sorted by name. */
export async function listAll(
  { store, config }: OpenStore,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return (await listDatasets(store, config.settings.S3_PREFIX, signal)).toSorted()
}
