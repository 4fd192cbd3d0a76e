import { checkDatasetName } from '@z3/core'
import type { Run } from './run.js'
import { lines } from './table.js'

/**
 * The filesystems and volumes right below a dataset, by their full names.
 *
 * @throws Z3Error `no-such-dataset`, `invalid-name`
 */
export async function listChildren(
  run: Run,
  dataset: string,
): Promise<readonly string[]> {
  checkDatasetName(dataset)
  const text = await run([
    'list',
    '-H',
    '-r',
    '-d',
    '1',
    '-t',
    'filesystem,volume',
    '-o',
    'name',
    dataset,
  ])
  return lines(text).filter((name) => name !== dataset)
}
