import {
  loadStored,
  markUnreadable,
  mergeRecords,
  readRecords,
  recordsBeside,
  recordsFile,
  type OpenStore,
  type VerifyRecords,
} from '@z3/backup'
import type { LoadedConfig } from '@z3/config'
import { OF_WHOLE_STORE, Z3Error, type ErrorCode, type StoredSnapshot } from '@z3/core'
import pMap from 'p-map'
import { DATASETS_AT_ONCE } from '../../status/load-state.js'
import { loadBeside } from '../../verify/dataset.js'

/** What the store has of a dataset. */
export interface StoredDataset {
  readonly dataset: string
  readonly config: LoadedConfig
  /** S3_PREFIX, where it was looked for. */
  readonly prefix: string
  readonly stored: readonly StoredSnapshot[]
  /** Keys of the dataset that name no snapshot. */
  readonly foreign: readonly string[]
  /** Undefined: those of other hosts are unknown, and this host has none. */
  readonly records: VerifyRecords | undefined
}

/** A dataset whose objects could not be read. */
export interface UnreadDataset {
  readonly dataset: string
  readonly error: Z3Error
}

/** Errors that every other dataset would meet, too. */
const OF_ALL: readonly ErrorCode[] = [...OF_WHOLE_STORE, 'config']

/**
 * What the store has of each dataset: for each, a listing of its objects, and one of its
 * verification records; HEADs as `z3 status` sends them.
 *
 * @param prefix in place of the S3_PREFIX of each dataset
 * @throws Z3Error of a single dataset, or one that concerns all of them
 */
export function loadStoredDatasets(
  open: OpenStore,
  names: readonly string[],
  prefix: string | undefined,
  signal: AbortSignal,
): Promise<readonly (StoredDataset | UnreadDataset)[]> {
  return pMap(
    names,
    async (dataset) => {
      try {
        return await loadOne(open, dataset, prefix, signal)
      } catch (error) {
        signal.throwIfAborted()
        const isOwn = error instanceof Z3Error && !OF_ALL.includes(error.code)
        if (!isOwn || names.length === 1) throw error
        return { dataset, error }
      }
    },
    { concurrency: DATASETS_AT_ONCE, signal },
  )
}

async function loadOne(
  open: OpenStore,
  dataset: string,
  given: string | undefined,
  signal: AbortSignal,
): Promise<StoredDataset> {
  const context = open.contextOf(dataset)
  const { config, env, tell } = context
  const prefix = given ?? context.place.prefix
  const place = { ...context.place, prefix }
  const [{ snapshots, foreign }, beside, { objects }] = await Promise.all([
    loadStored(place, env, signal, tell, { looks: 'archived', index: true }),
    loadBeside({ config, place, tell }, signal),
    readRecords(recordsFile(env, place), Date.now() / 1000),
  ])
  const isKnown = beside !== undefined || objects.size > 0
  return {
    dataset,
    config,
    prefix,
    stored: snapshots.map((object) => markUnreadable(object, config)),
    foreign,
    records: isKnown
      ? mergeRecords(objects, beside ? recordsBeside(snapshots, beside) : new Map())
      : undefined,
  }
}
