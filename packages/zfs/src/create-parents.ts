import { checkDatasetName, Z3Error } from '@z3/core'
import { parentOf } from './parent-of.js'
import type { Run } from './run.js'
import { stderrOf } from './zfs-error.js'

/**
 * Create what a dataset will be in, as far as it is missing, from the top down:
 * filesystems that are never mounted (canmount=off, as zfs-autobackup 3.3 makes
 * them), so that nothing of the host is hidden under them. Not by `create -p`,
 * which gives canmount to the last of them only.
 *
 * @returns those that were created
 * @throws Z3Error `no-such-dataset` when the pool itself is missing;
 *   `not-permitted`, `zfs-failed`
 */
export async function createParents(run: Run, dataset: string): Promise<readonly string[]> {
  checkDatasetName(dataset)
  const created: string[] = []
  for (const parent of await missingAbove(run, dataset)) {
    if (await create(run, parent)) created.push(parent)
  }
  return created
}

/** From the top down. */
async function missingAbove(run: Run, dataset: string): Promise<readonly string[]> {
  const parent = parentOf(dataset)
  if (parent === undefined) return []
  try {
    await run(['list', '-H', '-o', 'name', parent])
    return []
  } catch (error) {
    const missing = error instanceof Z3Error && error.code === 'no-such-dataset'
    // a pool cannot be created
    if (!missing || parentOf(parent) === undefined) throw error
    return [...(await missingAbove(run, parent)), parent]
  }
}

async function create(run: Run, dataset: string): Promise<boolean> {
  try {
    await run(['create', '-o', 'canmount=off', dataset])
    return true
  } catch (error) {
    // another run was faster
    if (/: dataset already exists$/m.test(stderrOf(error) ?? '')) return false
    throw error
  }
}
