import { usageError } from '@z3/cli'
import { checkDatasetName, selectDatasets, Z3Error } from '@z3/core'
import { readDatasets, readSelection, type Run } from '@z3/zfs'

/** How the datasets of a run are chosen. */
export interface Choice {
  readonly operands: readonly string[]
  /** Those below them, too. */
  readonly recursive?: boolean | undefined
  /** The property that selects, in place of operands. */
  readonly select?: string | undefined
}

/** Whether a run is of one dataset, which needs no summary. */
export function isOne({ operands, recursive, select }: Choice): boolean {
  return operands.length < 2 && !recursive && select === undefined
}

/**
 * The datasets of a run of many, each once: filesystems and volumes.
 *
 * @throws Z3Error `usage`; `no-such-dataset` where there are none; `config` for a value of
 *   the property that means nothing
 */
export async function chooseDatasets(
  { operands, recursive = false, select }: Choice,
  zfs: Run,
): Promise<readonly string[]> {
  if (select === undefined) {
    operands.forEach(checkDatasetName)
    if (!recursive) return [...new Set(operands)]
    return (await readDatasets(zfs, operands, true)).map(({ dataset }) => dataset)
  }
  const rows = await readSelection(zfs, checkProperty(select))
  const selected = selectDatasets(rows, { property: select }).filter((one) => one.selected)
  if (selected.length > 0) return selected.map(({ dataset }) => dataset)
  throw new Z3Error('no-such-dataset', `no dataset is selected by the property '${select}'`, {
    hint: `Select some: zfs set ${select}=true POOL/DATASET`,
  })
}

/** Of a user: zfsprops(7), User Properties. */
function checkProperty(property: string): string {
  if (/^[a-z0-9_.][-a-z0-9_.]*:[-a-z0-9_.:]*$/.test(property)) return property
  throw usageError(
    { name: 'z3 backup' },
    `--select: '${property}' is not the name of a user property, as autobackup:offsite1`,
  )
}
