import {
  listBeside,
  listStored,
  loadStored,
  mergeRecords,
  notStored,
  readRecords,
  recordsBeside,
  recordsFile,
  type Context,
  type HostRecords,
  type ListedBeside,
  type ListedObject,
  type VerifyRecords,
} from '@z3/backup'
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

/** A dataset, and its objects as listed. */
export interface LoadedDataset {
  readonly context: Context
  readonly dataset: string
  /** All its objects: a chain may lead anywhere. */
  readonly stored: readonly StoredSnapshot[]
  readonly health: (object: StoredSnapshot) => Health
  /** Those to be verified. */
  readonly wanted: readonly StoredSnapshot[]
  /** Of this host, and of others. */
  readonly records: VerifyRecords
  readonly local: HostRecords
  /** Where the records of this host are. */
  readonly file: string | undefined
  /** The manifests and records in the store; undefined: MANIFEST is no, or they may not be listed. */
  readonly beside: ListedBeside | undefined
  /** Keys of objects of which a HEAD of this run has confirmed the listing, and their nonces. */
  readonly confirmed: ReadonlyMap<string, string | undefined>
}

/**
 * List the objects of a dataset.
 *
 * @throws Z3Error `no-such-dataset`, `no-such-snapshot`
 */
export async function loadDataset(
  context: Context,
  { dataset, snapshots }: VerifyTarget,
  signal: AbortSignal,
): Promise<LoadedDataset> {
  const { place, env, say } = context
  const { store, prefix } = place
  const { snapshots: stored, foreign, confirmed } = await load(context, signal)
  for (const key of foreign) say(`object '${key}' is not a snapshot of ${dataset}; skipping it`)
  if (stored.length === 0) {
    throw notStored(dataset, store, prefix)
  }
  const health = checkHealth(stored)
  const file = recordsFile(env, place)
  const local = await readRecords(file, Date.now() / 1000)
  const beside = await loadBeside(context, signal)
  return {
    context,
    dataset,
    stored,
    health: (object) => health.get(formatSnapshotName(object)) ?? 'bad metadata',
    wanted: snapshots.length === 0 ? inOrder(stored) : chainsOf(snapshots, stored, dataset),
    records: mergeRecords(local.objects, beside ? recordsBeside(stored, beside) : new Map()),
    local,
    file,
    beside,
    confirmed,
  }
}

/** An object that is listed but not found counts as damaged. */
async function load(
  { place, env, tell }: Context,
  signal: AbortSignal,
): ReturnType<typeof loadStored> {
  const loaded = await loadStored(place, env, signal, tell)
  return loaded.vanished.length === 0
    ? loaded
    : loadStored(place, env, signal, tell, { looks: 'all' })
}

/** The objects of a dataset as listed, without their metadata. */
export interface ListedDataset {
  readonly objects: readonly ListedObject[]
  /** Of this host, and of others. */
  readonly records: VerifyRecords
}

/**
 * List the objects of a dataset, and when they were verified.
 *
 * @throws Z3Error `no-such-dataset`
 */
export async function listDataset(
  { place, env, config, dataset, tell }: Context,
  signal: AbortSignal,
): Promise<ListedDataset> {
  const { listed } = await listStored(place, signal)
  if (listed.length === 0) throw notStored(dataset, place.store, place.prefix)
  const objects = listed.map(({ item, name }): ListedObject => {
    const { key } = item
    if ('problem' in item) return { ...name, key, bytes: undefined, uploaded: undefined }
    const uploaded = item.modified && Math.floor(item.modified.getTime() / 1000)
    return { ...name, key, bytes: item.size, uploaded }
  })
  const { objects: local } = await readRecords(recordsFile(env, place), Date.now() / 1000)
  const beside = await loadBeside({ config, place, tell }, signal)
  return {
    objects,
    records: mergeRecords(local, beside ? recordsBeside(objects, beside) : new Map()),
  }
}

/** @returns undefined: MANIFEST is no, or they may not be listed */
export async function loadBeside(
  { config, place, tell }: Pick<Context, 'config' | 'place' | 'tell'>,
  signal: AbortSignal,
): Promise<ListedBeside | undefined> {
  if (config.settings.MANIFEST === 'no') return undefined
  try {
    return await listBeside(place, signal)
  } catch (error) {
    if (!(error instanceof Z3Error) || error.code !== 'access-denied') throw error
    tell(`cannot list the manifests and records of ${place.dataset}: ${error.message}`)
    return undefined
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
