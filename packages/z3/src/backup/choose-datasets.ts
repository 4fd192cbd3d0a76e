import { usageError } from '@z3/cli'
import { checkDatasetName, selectDatasets, Z3Error } from '@z3/core'
import { readDatasets, readSelection, type Run } from '@z3/zfs'

/** How datasets are selected. */
export interface Choice {
  readonly operands: readonly string[]
  /** Include their descendants. */
  readonly recursive?: boolean | undefined
  /** The selecting property, instead of operands. */
  readonly select?: string | undefined
}

/** Whether the run has a single dataset, so no summary is needed. */
export function isOne({ operands, recursive, select }: Choice): boolean {
  return operands.length < 2 && !recursive && select === undefined
}

/**
 * The datasets of a run, each once: filesystems and volumes.
 *
 * @throws Z3Error `usage`; `no-such-dataset` if there are none; `config` for an invalid value of
 *   the property
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
  throw new Z3Error('no-such-dataset', `no dataset has the property '${select}'`, {
    hint: `Select datasets with: zfs set ${select}=true POOL/DATASET`,
  })
}

/** User properties: zfsprops(7). */
function checkProperty(property: string): string {
  if (/^[a-z0-9_.][-a-z0-9_.]*:[-a-z0-9_.:]*$/.test(property)) return property
  throw usageError(
    { name: 'z3 backup' },
    `--select: '${property}' is not the name of a user property such as autobackup:offsite1`,
  )
}
