import { checkDatasetName } from '@z3/core'
import type { Run } from './run.js'
import { lines } from './table.js'

/**
 * The filesystems and volumes below a dataset, by their full names: each after
 * what it is in.
 *
 * @param depth how far below; default: all
 * @throws Z3Error `no-such-dataset`, `invalid-name`
 */
export async function listBelow(
  run: Run,
  dataset: string,
  depth?: number,
): Promise<readonly string[]> {
  checkDatasetName(dataset)
  const text = await run([
    'list',
    '-H',
    '-r',
    ...(depth === undefined ? [] : ['-d', String(depth)]),
    '-t',
    'filesystem,volume',
    '-o',
    'name',
    dataset,
  ])
  return lines(text).filter((name) => name !== dataset)
}
