import { checkDatasetName } from '@z3/core'
import type { Run } from './run.js'
import { lines } from './table.js'

/**
 * The filesystems and volumes below a dataset, at any depth, by their full
 * names: each after what it is in.
 *
 * @throws Z3Error `no-such-dataset`, `invalid-name`
 */
export async function listDescendants(
  run: Run,
  dataset: string,
): Promise<readonly string[]> {
  checkDatasetName(dataset)
  const text = await run([
    'list',
    '-H',
    '-r',
    '-t',
    'filesystem,volume',
    '-o',
    'name',
    dataset,
  ])
  return lines(text).filter((name) => name !== dataset)
}
