import {
  listDatasets,
  loadStored,
  markUnreadable,
  noBackups,
  notStored,
  type OpenStore,
} from '@z3/backup'
import { checkDatasetName, summarizeDataset, Z3Error, type DatasetSummary } from '@z3/core'
import type { LoadedConfig } from '@z3/config'
import pMap from 'p-map'

/** A dataset in the store. */
export interface ListedDataset {
  readonly dataset: string
  readonly config: LoadedConfig
  /** Undefined: its objects could not be read. */
  readonly summary: DatasetSummary | undefined
  /** Why not. */
  readonly error: Z3Error | undefined
}

/** Datasets whose objects are read at once; each reads many objects at once. */
const DATASETS_AT_ONCE = 2

/**
 * What the store has of each dataset below a prefix, sorted by name. The metadata of an
 * object are read once, and then cached.
 *
 * @param prefix S3_PREFIX of the command line, whatever a section of the configuration says
 * @param wanted datasets; none: all
 * @throws Z3Error `no-such-dataset` where there are no backups at all, and those of the store
 *   that every dataset would meet
 */
export async function loadAll(
  { store, contextOf }: OpenStore,
  prefix: string,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<readonly ListedDataset[]> {
  wanted.forEach(checkDatasetName)
  const found = await listDatasets(store, prefix, signal)
  if (found.length === 0) throw noBackups(store, prefix)
  for (const dataset of wanted) {
    if (found.includes(dataset)) continue
    throw notStored(dataset, store, prefix)
  }
  const names = wanted.length === 0 ? found : [...new Set(wanted)]
  return pMap(
    names.toSorted(),
    async (dataset): Promise<ListedDataset> => {
      const { config, env, tell } = contextOf(dataset)
      try {
        const { snapshots } = await loadStored({ store, prefix, dataset }, env, signal, tell, {
          index: true,
        })
        const readable = snapshots.map((object) => markUnreadable(object, config))
        return { dataset, config, summary: summarizeDataset(readable), error: undefined }
      } catch (error) {
        if (!(error instanceof Z3Error) || signal.aborted || names.length === 1) throw error
        return { dataset, config, summary: undefined, error }
      }
    },
    { concurrency: DATASETS_AT_ONCE, signal },
  )
}
