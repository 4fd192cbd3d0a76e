import { checkDatasetName, isWithin, type SelectionRow } from '@z3/core'
import { readFacts } from './read-facts.js'
import type { Run } from './run.js'

/**
 * Datasets as if a property had selected each of them, for `selectDatasets`: for
 * who names datasets in place of setting a property.
 *
 * @param recursive those below them, too
 * @throws Z3Error `no-such-dataset`; `invalid-name`; `zfs-failed`, also on
 *   output that is not zfs's
 */
export async function readDatasets(
  run: Run,
  datasets: readonly string[],
  recursive: boolean,
): Promise<readonly SelectionRow[]> {
  for (const dataset of datasets) checkDatasetName(dataset)
  const once = [...new Set(datasets)]
  // zfs would list twice what is below two of them
  const tops = once.filter(
    (dataset) => !recursive || !once.some((other) => other !== dataset && isWithin(dataset, other)),
  )
  const rows = await readFacts(run, { datasets: tops, recursive })
  return rows.map((row) => ({ ...row, value: 'true', source: 'local' }))
}
