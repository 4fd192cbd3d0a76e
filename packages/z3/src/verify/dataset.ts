import { loadStored, readRecords, recordsFile, type Context, type VerifyRecords } from '@z3/backup'
import {
  chainOf,
  checkHealth,
  formatSnapshotName,
  ownName,
  storedByName,
  Z3Error,
  type Health,
  type StoredSnapshot,
} from '@z3/core'
import type { VerifyTarget } from './targets.js'

/** A dataset, its objects as listed and checked by HEAD. */
export interface LoadedDataset {
  readonly target: VerifyTarget
  readonly dataset: string
  /** All its objects: a chain may lead anywhere. */
  readonly stored: readonly StoredSnapshot[]
  readonly health: (object: StoredSnapshot) => Health
  /** Those to be verified. */
  readonly wanted: readonly StoredSnapshot[]
  readonly records: VerifyRecords
  /** Where the records of this host are. */
  readonly file: string | undefined
}

/**
 * List the objects of a dataset; each is there with the size and ETag of the
 * listing, or is `damaged`.
 *
 * @throws Z3Error `no-such-dataset`, `no-such-snapshot`
 */
export async function loadDataset(
  { place, env, tell, say }: Context,
  target: VerifyTarget,
  signal: AbortSignal,
): Promise<LoadedDataset> {
  const { dataset, snapshots } = target
  const { store, prefix } = place
  const { snapshots: stored, foreign } = await loadStored(place, env, signal, tell, true)
  for (const key of foreign) say(`object '${key}' is no snapshot of ${dataset}; skipping it`)
  if (stored.length === 0) {
    throw new Z3Error('no-such-dataset', `nothing of ${dataset} is in ${store.title}/${prefix}`, {
      hint: 'Check the name, BUCKET and S3_PREFIX.',
    })
  }
  const health = checkHealth(stored)
  const file = recordsFile(env, `${store.title}\n${prefix}${dataset}`)
  return {
    target,
    dataset,
    stored,
    health: (object) => health.get(formatSnapshotName(object)) ?? 'bad metadata',
    wanted: snapshots.length === 0 ? inOrder(stored) : chainsOf(snapshots, stored, dataset),
    records: await readRecords(file),
    file,
  }
}

/** The objects that restores of these snapshots need. */
function chainsOf(
  names: readonly string[],
  stored: readonly StoredSnapshot[],
  dataset: string,
): readonly StoredSnapshot[] {
  const byName = storedByName(stored)
  const needed = new Set<StoredSnapshot>()
  for (const name of names) {
    const meant = stored.filter((object) => object.snapshot === name || ownName(object) === name)
    if (meant.length === 0) {
      throw new Z3Error('no-such-snapshot', `${dataset}@${name} is not in the store`, {
        hint: 'See z3 status.',
      })
    }
    for (const object of meant) chainOf(object, byName).forEach((one) => needed.add(one))
  }
  return inOrder([...needed])
}

function inOrder(objects: readonly StoredSnapshot[]): readonly StoredSnapshot[] {
  const time = ({ created, uploaded }: StoredSnapshot): number => created ?? uploaded ?? 0
  return objects.toSorted((a, b) => time(a) - time(b))
}
