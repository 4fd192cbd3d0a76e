import type { SelectionRow } from '@z3/core'
import { readFacts } from './read-facts.js'
import type { Run } from './run.js'

/**
 * The filesystems and volumes of a host with the property that selects, for
 * `selectDatasets`: each after what it is in. One command, whatever there is.
 *
 * @param property must be one that zfs takes, see `backupNames`
 * @throws Z3Error `zfs-failed`, also on output that is not zfs's
 */
export function readSelection(run: Run, property: string): Promise<readonly SelectionRow[]> {
  return readFacts(run, { property })
}
