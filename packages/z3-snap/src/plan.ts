import {
  planSnapshots,
  selectDatasets,
  Z3Error,
  type Selection,
  type SnapshotsPlan,
} from '@z3/core'
import { findCandidates, listSnapshotsOf, readDatasets, readSelection, type Host } from '@z3/zfs'
import type { SnapOptions } from './read-options.js'

/** The plan of a run. */
export interface SnapPlan extends SnapshotsPlan {
  readonly selection: readonly Selection[]
  /** Selected datasets that were destroyed in the meantime. */
  readonly gone: readonly string[]
  /** Name after the `@`. */
  readonly snapshot: string
}

/**
 * Select datasets and plan their snapshots.
 *
 * @throws Z3Error `no-such-dataset`: also if the property selects and excludes none; `config`: the
 *   property has an invalid value
 */
export async function plan({ title, run }: Host, options: SnapOptions): Promise<SnapPlan> {
  const { names, datasets, recursive, minChange } = options
  const rows = datasets
    ? await readDatasets(run, datasets, recursive)
    : await readSelection(run, names.property)
  const selection = selectDatasets(rows, {
    property: names.property,
    excludePaths: options.exclude,
    excludeReceived: options.excludeReceived,
    excludeUnchanged: options.excludeUnchanged,
  })
  if (selection.length === 0) {
    throw new Z3Error(
      'no-such-dataset',
      `no dataset on ${title} has the property '${names.property}'`,
      { hint: `Select datasets with: zfs set ${names.property}=true POOL/DATASET` },
    )
  }
  const selected = selection.flatMap(({ dataset, selected: is }) => (is ? [dataset] : []))
  const listed = await listSnapshotsOf(run, selected)
  const candidates =
    minChange === 0
      ? Array.from(listed.keys(), (dataset) => ({ dataset }))
      : await findCandidates(run, listed, names)
  const snapshot = names.snapshotAt(new Date())
  return {
    selection,
    gone: selected.filter((dataset) => !listed.has(dataset)),
    snapshot,
    ...planSnapshots(candidates, { snapshot, minChange }),
  }
}
