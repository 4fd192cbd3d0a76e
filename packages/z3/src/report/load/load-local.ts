import { isWithin, Z3Error, type LocalSnapshot } from '@z3/core'
import { listSnapshotsOf, readFacts, runZfs } from '@z3/zfs'

/** What this host has; undefined fields do not exist: without zfs, all is unknown. */
export type Local =
  | {
      readonly isKnown: true
      /** By dataset; a dataset that is not on this host has no entry. */
      readonly snapshots: ReadonlyMap<string, readonly LocalSnapshot[]>
      /** Datasets of this host that were looked for and are not in the store. */
      readonly notStored: readonly string[]
      /** They were looked for on the whole host. */
      readonly isWhole: boolean
    }
  | { readonly isKnown: false; readonly error: Z3Error }

/**
 * Read the snapshots of this host, with two commands for all datasets.
 *
 * @param stored the datasets of the report
 * @param below also look for datasets that are not in the store, but below these; undefined: on the
 *   whole host
 */
export async function loadLocal(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  stored: readonly string[],
  below: readonly string[] | undefined,
): Promise<Local> {
  const zfs = runZfs({ env, signal })
  try {
    const here = (await readFacts(zfs, {})).map(({ dataset }) => dataset)
    const known = new Set(stored)
    const isLookedFor = (dataset: string): boolean =>
      below?.some((one) => isWithin(dataset, one)) ?? true
    return {
      isKnown: true,
      snapshots: await listSnapshotsOf(
        zfs,
        here.filter((dataset) => known.has(dataset)),
      ),
      notStored: here.filter((dataset) => !known.has(dataset) && isLookedFor(dataset)),
      isWhole: below === undefined,
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    return { isKnown: false, error }
  }
}
